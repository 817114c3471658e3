//! The node's place: inviting others to its federation, and moving to another.

use std::path::PathBuf;

use dela_protocol::api::{InvitationText, Moving, NewFederation};
use dela_protocol::record::Position;
use dela_protocol::replica::GateState;
use dela_protocol::time::Timestamp;
use tokio_util::sync::CancellationToken;

use super::{Council, CouncilError};
use crate::belonging::moving::Carry;
use crate::belonging::{Belonging, BelongingError, Home, INVITED_TO_MAX, Invitation, moving};
use crate::config::Config;
use crate::network;

/// Where the node is at home, and how it is told to move. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Place {
    folder: PathBuf,
    /// The federation that the settings name.
    setting: Option<String>,
    /// Nodes of the federation that this one was told of.
    peers: Vec<String>,
    federation: Belonging,
    left: CancellationToken,
}

impl Place {
    /// The place of a node with these settings.
    pub fn new(config: &Config, home: &Home) -> Self {
        Self {
            folder: config.data.clone(),
            setting: config.federation.clone(),
            peers: config.peers.iter().chain(&home.peers).cloned().collect(),
            federation: home.federation.clone(),
            left: CancellationToken::new(),
        }
    }

    /// Waits until the node is to move.
    pub async fn left(&self) {
        self.left.cancelled().await;
    }

    fn leave(&self, to: &Home) -> Result<Moving, BelongingError> {
        moving::ask(&self.folder, self.setting.as_deref(), to)?;
        self.left.cancel();
        Ok(Moving { from: self.federation.to_string(), to: to.federation.to_string() })
    }
}

impl Council {
    /// Returns how others find this federation: with the addresses of this node,
    /// and where there is room those of others that it was told of.
    pub fn invitation(&self) -> InvitationText {
        let own = self.index.live().borrow().addresses.clone();
        let mut peers = network::widest_first(own);
        // Beside an address that others reach, one that they do not only misleads.
        if peers.first().is_some_and(|first| !network::stays_on_this_machine(first)) {
            peers.retain(|peer| !network::stays_on_this_machine(peer));
        }
        for peer in &self.place.peers {
            if !peers.contains(peer) {
                peers.push(peer.clone());
            }
        }
        peers.truncate(INVITED_TO_MAX);
        let federation = self.place.federation.clone();
        let name = self.index.federation_status().name;
        let home = Home { federation: federation.clone(), peers: peers.clone() };
        let invitation = Invitation { home, name: name.clone() }.to_string();
        InvitationText { invitation, federation: federation.to_string(), name, peers }
    }

    /// Moves the node to the federation it is invited to.
    ///
    /// # Errors
    ///
    /// When the text is no invitation, or the node may not or cannot move now.
    pub fn join(&self, invitation: &str) -> Result<Moving, CouncilError> {
        let invitation = Invitation::parse(invitation)?;
        let to = &invitation.home.federation;
        let is_here = *to == self.place.federation;
        // Who has peers learns of others by them, and need not start anew for that.
        if is_here && !self.index.live().borrow().peers.is_empty() {
            return Err(BelongingError::There(to.clone()).into());
        }
        // What was brought from there and is not here yet is there still.
        let goes_back = Carry::pending(&self.place.folder)?.is_some_and(|it| it.from() == to);
        if !is_here && !goes_back {
            self.demand_whole()?;
        }
        Ok(self.place.leave(&invitation.home)?)
    }

    /// Founds a federation, and moves the node there.
    ///
    /// # Errors
    ///
    /// As [`Self::join`], and when nobody could follow the charter.
    pub fn found(&self, new: &NewFederation, now: Timestamp) -> Result<Moving, CouncilError> {
        moving::demand_unset(self.place.setting.as_deref(), None)?;
        self.demand_whole()?;
        let home = self.keys().found(new, now)?;
        Ok(self.place.leave(&home)?)
    }

    /// What is not here cannot be taken along. Where the agency has published
    /// nothing, as far as anybody has told, there is nothing to wait for.
    fn demand_whole(&self) -> Result<(), CouncilError> {
        let live = self.index.live();
        let live = live.borrow();
        let is_blank = live.recovery.is_some_and(|recovery| {
            recovery.state == GateState::Confirming
                && [recovery.held, recovery.newest] == [Position::START; 2]
        });
        let reason = live.reason().filter(|_| !is_blank);
        reason.map_or(Ok(()), |reason| Err(CouncilError::NotWhole(reason)))
    }
}
