//! `dela-testnet up`: a federation of agencies on this machine.

use std::path::PathBuf;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, bail, ensure};
use dela_cli::{Client, ImportOptions, InputFormat, SearchQuery, Upload};
use dela_protocol::api::{ImportReport, Status};
use serde::Serialize;

use crate::cluster::Cluster;
use crate::sample;

/// What to start.
#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// Start so many nodes; the first three publish a sample catalogue
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(2..=50))]
    nodes: u16,
    /// Stop when all hold the same and this was checked
    #[arg(long)]
    once: bool,
    /// Keep the data folders here, and go on from what is in them
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// Print one line of JSON when ready
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Ready {
    nodes: Vec<ReadyNode>,
    root: String,
    converged_ms: u64,
}

#[derive(Debug, Serialize)]
struct ReadyNode {
    agency: String,
    http: String,
    p2p: String,
    data: PathBuf,
    token_file: PathBuf,
}

/// Starts the federation, and keeps it up until told to stop.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let count = usize::from(arguments.nodes);
    crate::say(&format!("starting {count} nodes ..."));
    let begun = Instant::now();
    let program = std::env::current_exe()?;
    let mut cluster = Cluster::start(&program, sample::agencies(count), arguments.data.as_deref())?;
    crate::say(&format!("all answer after {:.1} s; publishing ...", begun.elapsed().as_secs_f64()));

    let publishing = Instant::now();
    let reports = publish(&cluster)?;
    let published = publishing.elapsed();
    let datasets: u64 = reports.iter().map(|report| report.datasets).sum();
    let statuses = cluster.wait_for_agreement(datasets)?;
    let converged = publishing.elapsed();
    check(&cluster, &statuses)?;

    if arguments.json {
        crate::print(&serde_json::to_string(&ready(&cluster, &statuses, converged)?)?);
    } else {
        show(&cluster, &statuses, &reports, published, converged)?;
    }
    if arguments.once {
        return Ok(());
    }
    crate::say("the federation stays up until you press Ctrl-C");
    stay(&mut cluster)
}

/// Has every agency with a catalogue import it, all at the same time.
fn publish(cluster: &Cluster) -> anyhow::Result<Vec<ImportReport>> {
    let imports: Vec<_> = cluster
        .members
        .iter()
        .filter_map(|member| Some((member.client.clone(), member.sample.catalogue?)))
        .map(|(client, catalogue)| thread::spawn(move || import(&client, catalogue)))
        .collect();
    imports
        .into_iter()
        .map(|import| match import.join() {
            Ok(report) => report,
            Err(_) => bail!("an import ended in a panic"),
        })
        .collect()
}

/// Makes a node's own catalogue equal to a Turtle file.
pub fn import(client: &Client, catalogue: &str) -> anyhow::Result<ImportReport> {
    let mut body = catalogue.as_bytes();
    let upload = Upload {
        bytes: u64::try_from(body.len())?,
        body: &mut body,
        media_type: "text/turtle",
        format: Some(InputFormat::Turtle),
        base: None,
    };
    Ok(client.import(upload, ImportOptions::default())?.value)
}

/// Checks what convergence promises: every node finds what every agency
/// published, and vouches for its signature.
fn check(cluster: &Cluster, statuses: &[Status]) -> anyhow::Result<()> {
    for member in &cluster.members {
        for (publisher, status) in cluster.members.iter().zip(statuses) {
            if publisher.sample.catalogue.is_none() {
                continue;
            }
            let query = SearchQuery {
                filters: vec![("agency", status.agency.to_string())],
                limit: Some(100),
                ..SearchQuery::default()
            };
            let found = member.client.search(&query)?.value;
            ensure!(
                found.total > 0 && found.datasets.iter().all(|dataset| dataset.verified),
                "{} does not find what {} published",
                member.http,
                publisher.sample.name
            );
        }
    }
    Ok(())
}

fn ready(cluster: &Cluster, statuses: &[Status], converged: Duration) -> anyhow::Result<Ready> {
    let nodes = cluster.members.iter().zip(statuses).map(|(member, status)| ReadyNode {
        agency: status.agency.to_string(),
        http: member.http.clone(),
        p2p: status.addresses.first().cloned().unwrap_or_default(),
        data: member.data.clone(),
        token_file: member.data.join("token"),
    });
    Ok(Ready {
        nodes: nodes.collect(),
        root: root(statuses)?,
        converged_ms: u64::try_from(converged.as_millis())?,
    })
}

fn root(statuses: &[Status]) -> anyhow::Result<String> {
    Ok(statuses.first().context("a federation without nodes")?.root.to_string())
}

fn show(
    cluster: &Cluster,
    statuses: &[Status],
    reports: &[ImportReport],
    published: Duration,
    converged: Duration,
) -> anyhow::Result<()> {
    let records: u64 = statuses.first().map_or(0, |status| status.records);
    let datasets: u64 = reports.iter().map(|report| report.datasets).sum();
    let mut text = String::new();
    for (member, status) in cluster.members.iter().zip(statuses) {
        let process = member.process_id().map_or(String::new(), |id| format!("process {id}"));
        let line = format!(
            "\n{:<24} {}   {}\n{:<24} data {}   root {}\n",
            member.sample.name,
            member.http,
            process,
            format!("agency {}", status.agency.short()),
            member.data.display(),
            status.root.short(),
        );
        text.push_str(&line);
    }
    let one = cluster.members.first().context("a federation without nodes")?;
    let last = cluster.members.last().context("a federation without nodes")?;
    let summary = format!(
        "\n{} nodes hold the same {records} records ({datasets} datasets), root {}\n\
         published in {:.2} s; all equal and searchable {:.2} s after publishing began\n\
         \n\
         Try:\n  \
         cargo run --release --bin dela -- --node {} search badvatten\n  \
         cargo run --release --bin dela -- --node {} agencies\n  \
         cargo run --release --bin dela -- --node {} import testnet/samples/havsviks-kommun.ttl --dry-run\n\
         or open {} in a browser\n",
        cluster.members.len(),
        root(statuses)?,
        published.as_secs_f64(),
        converged.as_secs_f64(),
        last.http,
        last.http,
        one.http,
        last.http,
    );
    text.push_str(&summary);
    crate::print(&text);
    Ok(())
}

/// Keeps the federation up until it is told to stop, and says when a node ends.
fn stay(cluster: &mut Cluster) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut look = tokio::time::interval(Duration::from_secs(1));
        let stop = stop_asked();
        tokio::pin!(stop);
        loop {
            tokio::select! {
                asked = &mut stop => return asked.context("waiting for Ctrl-C"),
                _ = look.tick() => report_ended(cluster),
            }
        }
    })?;
    crate::say("stopping ...");
    Ok(())
}

fn report_ended(cluster: &mut Cluster) {
    for member in &mut cluster.members {
        if let Some(how) = member.ended() {
            crate::say(&format!(
                "the node of {} ended ({how}); start it again with:\n  \
                 cargo run --release --bin delad -- --data {}",
                member.sample.name,
                member.data.display()
            ));
        }
    }
}

async fn stop_asked() -> std::io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            asked = tokio::signal::ctrl_c() => asked,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}
