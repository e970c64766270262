//! The indexes: links by application, and what is due. They show a write only a while after it.

use std::collections::BTreeMap;

use jiff::Timestamp;
use provisioning::directory::job::DirectoryJob;
use provisioning::link::{Link, LinkKey, Trouble};
use provisioning::ports::{DueItem, DueKey};
use provisioning::preview::PreviewJob;
use provisioning::sweep::SweepJob;
use provisioning::target::Kind;

use super::State;

/// Whose what is due at no application is.
pub(super) const DIRECTORY: &str = "#directory";

/// One item as the indexes have it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    owner: String,
    key: DueKey,
    due_at: Option<Timestamp>,
    generation: u64,
    by_sweep: bool,
    attempts: u32,
    trouble: Option<Trouble>,
}

#[derive(Default)]
pub(super) struct Index {
    shown: BTreeMap<String, Entry>,
    /// Writes that are not shown yet: from when on each is, of which item, and what there is to see.
    coming: Vec<(Timestamp, String, Option<Entry>)>,
}

impl Index {
    /// Of two writes of an item the later one is never shown first.
    fn note(&mut self, at: Timestamp, item: String, entry: Option<Entry>) {
        let before = self.coming.iter().filter(|(_, other, _)| *other == item).map(|(at, ..)| *at).max();
        self.coming.push((before.map_or(at, |before| before.max(at)), item, entry));
    }

    fn catch_up(&mut self, now: Timestamp) {
        let (shown, coming) = std::mem::take(&mut self.coming).into_iter().partition(|(at, ..)| *at <= now);
        self.coming = coming;
        let shown: Vec<_> = shown;
        for (_, item, entry) in shown {
            match entry {
                Some(entry) => self.shown.insert(item, entry),
                None => self.shown.remove(&item),
            };
        }
    }
}

fn name(key: &DueKey) -> String {
    match key {
        DueKey::Link(key) => key.to_string(),
        DueKey::Job(application, job) => format!("{application}##{job}"),
        DueKey::DirectoryJob(job) => format!("##{job}"),
    }
}

impl State {
    fn index(&mut self, entry: Entry) {
        let item = name(&entry.key);
        self.index.note(self.visible_at, item, Some(entry));
    }

    pub(super) fn index_link(&mut self, link: &Link) {
        self.index(Entry {
            owner: link.key.application.to_string(),
            key: DueKey::Link(link.key.clone()),
            due_at: link.work.due_at,
            generation: link.work.generation,
            by_sweep: link.work.by_sweep,
            attempts: link.work.attempts,
            trouble: Trouble::of(link),
        });
    }

    pub(super) fn index_forgotten(&mut self, key: &LinkKey) {
        self.index.note(self.visible_at, key.to_string(), None);
    }

    pub(super) fn index_job(&mut self, job: &SweepJob) {
        let key = DueKey::Job(job.application.clone(), job.id.clone());
        let owner = job.application.to_string();
        self.index(entry_of_job(owner, key, job.due_at, job.step));
    }

    /// A preview is due among the jobs of the directory, since those wait for no application.
    pub(super) fn index_preview(&mut self, job: &PreviewJob) {
        let key = DueKey::Job(job.application.clone(), job.id.clone());
        self.index(entry_of_job(DIRECTORY.to_owned(), key, job.due_at, job.step));
    }

    pub(super) fn index_directory_job(&mut self, job: &DirectoryJob) {
        let key = DueKey::DirectoryJob(job.id.clone());
        self.index(entry_of_job(DIRECTORY.to_owned(), key, job.due_at, job.step));
    }

    fn entries(&mut self, owner: &str) -> Vec<Entry> {
        self.index.catch_up(self.now);
        self.index.shown.values().filter(|entry| entry.owner == owner).cloned().collect()
    }

    pub(super) fn due(&mut self, owner: &str, until: Timestamp, limit: usize) -> Vec<DueItem> {
        let items = self.entries(owner).into_iter().filter_map(|entry| {
            let due_at = entry.due_at?;
            let Entry { key, generation, by_sweep, .. } = entry;
            (due_at <= until).then_some(DueItem { key, generation, due_at, by_sweep })
        });
        let mut items: Vec<_> = items.collect();
        items.sort_by_key(|item| item.due_at);
        items.truncate(limit);
        items
    }

    pub(super) fn pending(&mut self, owner: &str, kind: Kind, sweep_only: bool, cap: usize) -> usize {
        let entries = self.entries(owner);
        let of_kind = |entry: &&Entry| matches!(&entry.key, DueKey::Link(key) if key.kind() == kind);
        let counts = |entry: &&Entry| {
            entry.due_at.is_some() && (!sweep_only || (entry.by_sweep && entry.attempts == 0))
        };
        entries.iter().filter(of_kind).filter(counts).count().min(cap)
    }

    /// Links that are `wanted`, in the order of their keys, behind `after`.
    fn listed(
        &mut self,
        owner: &str,
        after: Option<&str>,
        wanted: impl Fn(&Entry, &LinkKey) -> bool,
    ) -> Vec<LinkKey> {
        let links = self.entries(owner).into_iter().filter_map(|entry| match &entry.key {
            DueKey::Link(key) if wanted(&entry, key) => Some(key.clone()),
            _ => None,
        });
        links.filter(|key| after.is_none_or(|after| key.to_string().as_str() > after)).collect()
    }

    pub(super) fn links_listed(&mut self, owner: &str, kind: Kind, after: Option<&str>) -> Vec<LinkKey> {
        self.listed(owner, after, |_, key| key.kind() == kind)
    }

    pub(super) fn links_in_trouble(
        &mut self,
        owner: &str,
        trouble: Trouble,
        after: Option<&str>,
    ) -> Vec<LinkKey> {
        self.listed(owner, after, |entry, _| entry.trouble == Some(trouble))
    }
}

fn entry_of_job(owner: String, key: DueKey, due_at: Option<Timestamp>, step: u64) -> Entry {
    Entry { owner, key, due_at, generation: step, by_sweep: false, attempts: 0, trouble: None }
}
