//! What the target refuses from now on, and what its administrator does to what is ours.

use super::World;
use crate::history::{Act, Deed};
use crate::oracle::Oracle;

/// Whichever of them stands at a position.
fn nth<'a>(mut ids: impl Iterator<Item = &'a String>, position: u64) -> Option<String> {
    ids.nth(usize::try_from(position).unwrap()).cloned()
}

impl World {
    pub(super) async fn interfere(&self, act: &Act, oracle: &mut Oracle) {
        match act {
            Act::Protect { account } => {
                let mut contents = self.service.contents();
                let Some(id) = nth(contents.accounts.keys(), *account) else { return };
                oracle.hindrances.protected.insert(id.clone());
                contents.refusals.protected.insert(id);
            }
            Act::Shun { account } => {
                let mut contents = self.service.contents();
                let Some(id) = nth(contents.accounts.keys(), *account) else { return };
                oracle.hindrances.shunned.insert(id.clone());
                contents.refusals.shunned.insert(id);
            }
            Act::Relent => {
                let mut contents = self.service.contents();
                contents.refusals.protected.clear();
                contents.refusals.shunned.clear();
                oracle.hindrances.protected.clear();
                oracle.hindrances.shunned.clear();
            }
            Act::Revoke => {
                self.service.contents().refusals.locked = true;
                oracle.hindrances.locked = true;
            }
            Act::Restore => {
                self.service.contents().refusals.locked = false;
                oracle.hindrances.locked = false;
                self.setup.resume(&self.application).await.unwrap();
            }
            Act::Meddle { deed, account, group } => self.meddle(*deed, *account, *group, oracle),
            _ => {}
        }
    }

    fn meddle(&self, deed: Deed, account: u64, group: u64, oracle: &mut Oracle) {
        let owners = self.shown().owners;
        let mut contents = self.service.contents();
        let did = &mut oracle.hindrances;
        let account = nth(contents.accounts.keys().filter(|id| owners.contains_key(*id)), account);
        let group = nth(contents.groups.keys().filter(|id| owners.contains_key(*id)), group);
        let called = format!("Meddled {}", self.clock.millis());
        match (deed, account, group) {
            (Deed::Retitle, Some(id), _) => {
                contents.accounts.get_mut(&id).unwrap().title = Some(called.clone());
                did.retitled.insert(id, called);
            }
            (Deed::Suspend, Some(id), _) => {
                contents.accounts.get_mut(&id).unwrap().active = false;
                did.suspended.insert(id);
            }
            (Deed::Awaken, Some(id), _) => {
                contents.accounts.get_mut(&id).unwrap().active = true;
                did.awakened.insert(id);
            }
            (Deed::Erase, Some(id), _) => {
                contents.accounts.remove(&id);
                contents.groups.values_mut().for_each(|circle| {
                    circle.members.remove(&id);
                });
                did.erased.insert(id);
            }
            (Deed::RenameGroup, _, Some(id)) => {
                contents.groups.get_mut(&id).unwrap().name.clone_from(&called);
                did.renamed.insert(id, called);
            }
            (Deed::EraseGroup, _, Some(id)) => {
                contents.groups.remove(&id);
                did.erased.insert(id);
            }
            (Deed::TakeOut, Some(account), Some(id)) => {
                contents.groups.get_mut(&id).unwrap().members.remove(&account);
                did.moved.insert((id, account));
            }
            (Deed::PutIn, Some(account), Some(id)) => {
                contents.groups.get_mut(&id).unwrap().members.insert(account.clone());
                did.moved.insert((id, account));
            }
            _ => {}
        }
    }
}
