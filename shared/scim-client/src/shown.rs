//! What a resource shows of what is wanted: whether a request was carried out that is only answered as if it were.

use provisioning::target::{RequestNote, TargetError};
use scim::Resource;

use crate::create::{shown_members, write};
use crate::target::HttpTarget;
use crate::update::Wanted;

impl HttpTarget {
    /// Of how many attributes and members the resource shows by now what is wanted of them.
    pub(crate) async fn shown_of(
        &self,
        wanted: Wanted<'_>,
        notes: &mut Vec<RequestNote>,
    ) -> Result<usize, TargetError> {
        Ok(as_wanted(&self.read_whole(wanted.kind, wanted.id, notes).await?, wanted))
    }
}

fn as_wanted(present: &Resource, Wanted { changes, add, remove, .. }: Wanted<'_>) -> usize {
    let attributes = changes.iter().filter(|change| match &change.new {
        Some(value) => {
            let mut changed = present.clone();
            write(&mut changed, &change.attribute, value);
            changed.as_json() == present.as_json()
        }
        None => present.read(&change.attribute).is_none(),
    });
    let shown = shown_members(present);
    let came = add.iter().filter(|member| shown.contains(member.as_str()));
    let went = remove.iter().filter(|member| !shown.contains(member.as_str()));
    attributes.count() + came.count() + went.count()
}
