//! A real browser, driven as the W3C's `WebDriver` says: chromium by chromedriver,
//! which `scripts/test` installs. What the tests need of the protocol is a dozen
//! requests of JSON, sent one after another; two of them are chromedriver's own.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, fs};

use serde_json::{Value, json};

/// How long anything may take in a page: two cores are shared with the nodes.
const PATIENCE: Duration = Duration::from_secs(60);

/// The key of an element in the answers of `WebDriver`.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Somebody who looks at pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Reader {
    /// Width and height of the window, in CSS pixels.
    pub(crate) window: (u32, u32),
    /// Whether scripts run.
    pub(crate) scripts: bool,
    /// Whether dark colours are preferred.
    pub(crate) dark: bool,
}

/// At a desk.
pub(crate) const DESK: Reader = Reader { window: (1280, 900), scripts: true, dark: false };

/// With a phone.
pub(crate) const PHONE: Reader = Reader { window: (390, 844), scripts: true, dark: false };

/// A browser with one window. It ends with the test.
pub(crate) struct Browser {
    driver: Child,
    agent: ureq::Agent,
    session: String,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Whatever does not answer any more is killed.
        self.agent.delete(&self.session).call().ok();
        self.driver.kill().ok();
        self.driver.wait().ok();
    }
}

impl Browser {
    /// Opens a browser for a reader.
    pub(crate) fn of(reader: Reader) -> Self {
        let mut driver = Command::new("chromedriver")
            .arg("--port=0")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!("chromedriver: {error}\nhint: scripts/test installs chromium and its driver")
            });
        let lines = BufReader::new(driver.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| {
                let (_, port) = line.split_once("started successfully on port ")?;
                Some(port.trim_end_matches('.').to_owned())
            })
            .expect("chromedriver says on which port it is");
        let config = ureq::Agent::config_builder().http_status_as_error(false);
        let agent = config.timeout_global(Some(2 * PATIENCE)).build().new_agent();
        let mut browser =
            Self { driver, agent, session: format!("http://127.0.0.1:{port}/session") };
        let started = browser.post("", &capabilities(reader));
        let id = started["sessionId"].as_str().expect("a session").to_owned();
        browser.session = format!("{}/{id}", browser.session);
        let patience = u64::try_from(PATIENCE.as_millis()).unwrap();
        browser.post("/timeouts", &json!({ "script": patience, "pageLoad": patience }));
        // Exactly this wide: a window of chromium does not get as narrow as a phone.
        let (width, height) = reader.window;
        let metrics = json!({
            "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false,
        });
        browser.devtools("Emulation.setDeviceMetricsOverride", &metrics);
        browser
    }

    /// Sends a command and returns its value.
    fn post(&self, path: &str, body: &Value) -> Value {
        let address = format!("{}{path}", self.session);
        let mut answer = self.agent.post(&address).send_json(body).unwrap();
        let mut answer: Value = answer.body_mut().with_config().limit(1 << 28).read_json().unwrap();
        let value = answer["value"].take();
        if let Some(error) = value.get("error").and_then(Value::as_str) {
            panic!("{path}: {error}: {}", value["message"]);
        }
        value
    }

    fn get(&self, path: &str) -> Value {
        let address = format!("{}{path}", self.session);
        let mut answer = self.agent.get(&address).call().unwrap();
        let mut answer: Value = answer.body_mut().with_config().limit(1 << 28).read_json().unwrap();
        answer["value"].take()
    }

    /// Sends a command of the browser's own.
    fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.post("/goog/cdp/execute", &json!({ "cmd": command, "params": parameters }))
    }

    /// Opens an address, and waits until all of it is there.
    pub(crate) fn go(&self, address: &str) {
        self.post("/url", &json!({ "url": address }));
    }

    /// Returns the address of the page.
    pub(crate) fn address(&self) -> String {
        self.get("/url").as_str().unwrap().to_owned()
    }

    /// Runs a script in the page, as somebody at the console would.
    pub(crate) fn run(&self, script: &str, arguments: &[Value]) -> Value {
        self.post("/execute/sync", &json!({ "script": script, "args": arguments }))
    }

    /// Runs a script that ends by calling its last argument.
    pub(crate) fn run_to_end(&self, script: &str) -> Value {
        self.post("/execute/async", &json!({ "script": script, "args": [] }))
    }

    /// Waits until an expression is true in the page.
    pub(crate) fn wait_until(&self, expression: &str) {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             const look = () => ({expression}) ? done(true) : setTimeout(look, 20);
             look();"
        );
        self.run_to_end(&script);
    }

    /// Returns the first element that a CSS selector finds.
    fn element(&self, selector: &str) -> String {
        let found = self.post("/element", &json!({ "using": "css selector", "value": selector }));
        found[ELEMENT].as_str().unwrap_or_else(|| panic!("no {selector}")).to_owned()
    }

    /// Returns whether a CSS selector finds anything.
    pub(crate) fn has(&self, selector: &str) -> bool {
        let found = self.post("/elements", &json!({ "using": "css selector", "value": selector }));
        !found.as_array().unwrap().is_empty()
    }

    /// Clicks on what changes the page that is there.
    pub(crate) fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Clicks on what leads to another page, and waits until all of that is there:
    /// the driver itself does not always wait for what a form leads to.
    pub(crate) fn follow(&self, selector: &str) {
        self.leave_by(&self.element(selector));
    }

    fn leave_by(&self, element: &str) {
        let page = self.element("html");
        self.post(&format!("/element/{element}/click"), &json!({}));
        let begun = Instant::now();
        while self.root_of_the_page().is_none_or(|now| now == page) {
            assert!(begun.elapsed() < PATIENCE, "the click leads nowhere");
        }
        self.wait_until("document.readyState === 'complete'");
    }

    /// Returns the root of the page; `None` between two pages.
    fn root_of_the_page(&self) -> Option<String> {
        let address = format!("{}/element", self.session);
        let asked = json!({ "using": "css selector", "value": "html" });
        let mut answer = self.agent.post(&address).send_json(&asked).ok()?;
        let answer: Value = answer.body_mut().read_json().ok()?;
        answer["value"][ELEMENT].as_str().map(str::to_owned)
    }

    /// Follows the first link or button with this text.
    pub(crate) fn follow_text(&self, text: &str) {
        let path = format!(
            "//*[self::a or self::button or self::summary or self::label]\
             [contains(normalize-space(.), \"{text}\")]"
        );
        let found = self.post("/element", &json!({ "using": "xpath", "value": path }));
        self.leave_by(found[ELEMENT].as_str().unwrap_or_else(|| panic!("no \"{text}\"")));
    }

    /// Types into what a CSS selector finds.
    pub(crate) fn type_into(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.post(&format!("/element/{element}/value"), &json!({ "text": text }));
    }

    /// Returns the text that is seen of what a CSS selector finds.
    pub(crate) fn text(&self, selector: &str) -> String {
        let element = self.element(selector);
        self.get(&format!("/element/{element}/text")).as_str().unwrap().to_owned()
    }

    /// Returns an attribute of what a CSS selector finds.
    pub(crate) fn attribute(&self, selector: &str, name: &str) -> String {
        let element = self.element(selector);
        let value = self.get(&format!("/element/{element}/attribute/{name}"));
        value.as_str().unwrap_or_default().to_owned()
    }

    /// Returns what the console has said since it was last asked: errors, and
    /// what the Content-Security-Policy stopped.
    pub(crate) fn console(&self) -> Vec<String> {
        let said = self.post("/se/log", &json!({ "type": "browser" }));
        let said = said.as_array().unwrap().iter();
        said.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    /// Takes a picture of the whole page, for people to look at.
    pub(crate) fn picture(&self, name: &str) {
        let size = self.devtools("Page.getLayoutMetrics", &json!({}))["cssContentSize"].take();
        let clip = json!({
            "x": 0, "y": 0, "scale": 1, "width": size["width"],
            // What is further down says nothing new.
            "height": size["height"].as_f64().unwrap_or(900.0).min(2_400.0),
        });
        let taken = self.devtools(
            "Page.captureScreenshot",
            &json!({ "format": "webp", "quality": 70, "captureBeyondViewport": true, "clip": clip }),
        );
        let picture = taken["data"].as_str().unwrap();
        let picture = data_encoding::BASE64.decode(picture.as_bytes()).unwrap();
        let folder = pictures();
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.webp")), picture).unwrap();
    }
}

/// Returns where pictures go: into docs/ where that is asked for, as generated
/// pages are, else where nobody minds.
fn pictures() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    if env::var_os("DELA_UPDATE_DOCS").is_some() {
        root.join("docs/images")
    } else {
        Path::new(env!("CARGO_TARGET_TMPDIR")).join("pictures")
    }
}

fn capabilities(reader: Reader) -> Value {
    let mut arguments = vec![
        "--headless=new".to_owned(),
        // Containers have no user namespaces; what is shown is our own.
        "--no-sandbox".to_owned(),
        "--disable-dev-shm-usage".to_owned(),
        "--disable-gpu".to_owned(),
        "--hide-scrollbars".to_owned(),
        "--no-proxy-server".to_owned(),
    ];
    arguments.push(format!("--blink-settings=preferredColorScheme={}", u8::from(!reader.dark)));
    let script_setting = if reader.scripts { 1 } else { 2 };
    json!({ "capabilities": { "alwaysMatch": {
        "browserName": "chrome",
        "goog:loggingPrefs": { "browser": "ALL" },
        "goog:chromeOptions": {
            "args": arguments,
            "prefs": {
                "profile.managed_default_content_settings.javascript": script_setting,
                "intl.accept_languages": "sv",
            },
        },
    } } })
}
