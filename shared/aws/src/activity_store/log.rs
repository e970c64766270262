//! Reading the log: days that have events are walked backwards, shards are merged, and the work of a call is bounded.

use async_trait::async_trait;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use provisioning::activity::{Outcome, OutcomeResult};
use provisioning::ports::{
    ActivityFilter, ActivityLog, ActivityOf, ActivityPosition, EventPage, StoreError, StoreResult,
};

use super::{DynamoActivityStore, WHAT};
use crate::dynamodb::{Item, concurrently, decode, first, key_of, text};
use crate::tables::definition::{BY_DAY, BY_OBJECT, FAILURES, IndexDefinition};
use crate::tables::keys::{self, DAY_SHARDS, SHARDS};

/// Most events a call looks at.
const EVENTS: usize = 2_000;
/// Most days a call walks.
const DAYS: usize = 60;
/// Events read of a shard at a time where a filter leaves some out.
const CHUNK: usize = 200;

/// What is still to be read: from `from` on, up to but without `before`, both as sort keys.
struct Range {
    from: String,
    before: String,
}

/// A page in the making.
struct Draft<'a> {
    filter: &'a ActivityFilter,
    limit: usize,
    outcomes: Vec<Outcome>,
    /// The sort key of the last event looked at.
    last: Option<String>,
    looked_at: usize,
}

impl Draft<'_> {
    /// Takes events, newest first. `true`: it is full, and one more was seen.
    fn take(&mut self, events: Vec<(String, Item)>) -> StoreResult<bool> {
        for (at_id, item) in events {
            if self.outcomes.len() == self.limit {
                return Ok(true);
            }
            let outcome: Outcome = decode(WHAT, item)?;
            if self.filter.lets_pass(&outcome) {
                self.outcomes.push(outcome);
            }
            self.looked_at += 1;
            self.last = Some(at_id);
        }
        Ok(false)
    }

    fn is_tired(&self) -> bool {
        self.looked_at >= EVENTS
    }

    /// The page, which goes on behind the last event looked at.
    fn continued(self) -> StoreResult<EventPage> {
        let next = self.last.as_deref().map(position).transpose()?;
        Ok(EventPage { outcomes: self.outcomes, next })
    }
}

#[async_trait]
impl ActivityLog for DynamoActivityStore {
    async fn page(
        &self,
        of: &ActivityOf,
        filter: &ActivityFilter,
        after: Option<&ActivityPosition>,
        limit: usize,
    ) -> StoreResult<EventPage> {
        let start = |at: Timestamp| keys::at_id(at, "");
        let to = start(filter.to.unwrap_or(Timestamp::MAX));
        let before =
            after.map_or_else(|| to.clone(), |after| keys::at_id(after.at, &after.id).min(to.clone()));
        let range = Range { from: start(filter.from.unwrap_or(Timestamp::UNIX_EPOCH)), before };
        let draft = Draft { filter, limit: limit.max(1), outcomes: Vec::new(), last: None, looked_at: 0 };
        if range.from >= range.before {
            return Ok(EventPage { outcomes: Vec::new(), next: None });
        }
        match of {
            ActivityOf::Application(id) if filter.result == Some(OutcomeResult::Failure) => {
                let shards = (0..SHARDS).map(|shard| keys::failures(id, shard));
                self.flat(Some(&FAILURES), &shards.collect::<Vec<_>>(), range, draft).await
            }
            ActivityOf::Object(kind, key) => {
                self.flat(Some(&BY_OBJECT), &[keys::object(*kind, key)], range, draft).await
            }
            ActivityOf::Administrators => {
                self.flat(None, &[keys::ADMINISTRATORS.to_owned()], range, draft).await
            }
            ActivityOf::Application(id) => {
                let shards = |day: &str| (0..SHARDS).map(|shard| keys::events(id, day, shard)).collect();
                self.by_days(None, keys::days(id), shards, range, draft).await
            }
            ActivityOf::Everything => {
                let shards = |day: &str| (0..DAY_SHARDS).map(|shard| keys::day_shard(day, shard)).collect();
                self.by_days(Some(&BY_DAY), keys::ALL_DAYS.to_owned(), shards, range, draft).await
            }
        }
    }
}

impl DynamoActivityStore {
    /// Reads partitions that hold events of all days.
    async fn flat(
        &self,
        index: Option<&IndexDefinition>,
        partitions: &[String],
        mut range: Range,
        mut draft: Draft<'_>,
    ) -> StoreResult<EventPage> {
        loop {
            let chunk = chunk(&draft);
            let events = self.merged(index, partitions, &range, chunk).await?;
            let ended = events.len() < chunk;
            if draft.take(events)? || (!ended && draft.is_tired()) {
                return draft.continued();
            }
            if ended {
                return Ok(EventPage { outcomes: draft.outcomes, next: None });
            }
            range.before = draft.last.clone().unwrap_or_default();
        }
    }

    /// Reads partitions that hold a day's events each, from the newest day that has any.
    async fn by_days(
        &self,
        index: Option<&IndexDefinition>,
        days: String,
        partitions: impl Fn(&str) -> Vec<String>,
        mut range: Range,
        mut draft: Draft<'_>,
    ) -> StoreResult<EventPage> {
        let noted = self.days(days, &range).await?;
        for day in noted.iter().take(DAYS) {
            let partitions = partitions(day);
            loop {
                let chunk = chunk(&draft);
                let events = self.merged(index, &partitions, &range, chunk).await?;
                let ended = events.len() < chunk;
                if draft.take(events)? || draft.is_tired() {
                    return draft.continued();
                }
                if ended {
                    break;
                }
                range.before = draft.last.clone().unwrap_or_default();
            }
            range.before = start_of(day)?.min(range.before);
        }
        let next = (noted.len() > DAYS).then(|| position(&range.before)).transpose()?;
        Ok(EventPage { outcomes: draft.outcomes, next })
    }

    /// The days of the range that have events, newest first; one more than are walked.
    async fn days(&self, days: String, range: &Range) -> StoreResult<Vec<String>> {
        let text = |text: String| AttributeValue::S(text);
        let query =
            self.client.query().table_name(&self.table).consistent_read(true).scan_index_forward(false);
        let query = query
            .key_condition_expression("pk = :pk AND sk BETWEEN :from AND :to")
            .expression_attribute_values(":pk", text(days))
            .expression_attribute_values(":from", text(keys::day(position(&range.from)?.at)))
            .expression_attribute_values(":to", text(keys::day(position(&range.before)?.at)));
        let items = first(WHAT, query, DAYS + 1).await?;
        items.iter().map(|item| Ok(key_of(WHAT, item)?.sk)).collect()
    }

    /// The newest events of these partitions within the range.
    async fn merged(
        &self,
        index: Option<&IndexDefinition>,
        partitions: &[String],
        range: &Range,
        limit: usize,
    ) -> StoreResult<Vec<(String, Item)>> {
        let (partition, sort) =
            index.map_or(("pk", "sk"), |index| (index.partition.attribute, index.sort.attribute));
        let queries = partitions.iter().map(|of| {
            let query = self.client.query().table_name(&self.table).scan_index_forward(false);
            let query = match index {
                Some(index) => query.index_name(index.name),
                None => query.consistent_read(true),
            };
            let query = query
                .key_condition_expression("#partition = :partition AND #sort BETWEEN :from AND :before")
                .expression_attribute_names("#partition", partition)
                .expression_attribute_names("#sort", sort)
                .expression_attribute_values(":partition", AttributeValue::S(of.clone()))
                .expression_attribute_values(":from", AttributeValue::S(range.from.clone()))
                .expression_attribute_values(":before", AttributeValue::S(range.before.clone()));
            // One more, for the event at `before` itself, which was told.
            first(WHAT, query, limit + 1)
        });
        let found = concurrently(queries.collect::<Vec<_>>()).await?.into_iter().flatten();
        let found = found.map(|item| match text(&item, sort) {
            Some(at_id) => Ok((at_id.to_owned(), item)),
            None => Err(unreadable()),
        });
        let mut found = found.collect::<StoreResult<Vec<_>>>()?;
        found.retain(|(at_id, _)| *at_id < range.before);
        found.sort_by(|(one, _), (other, _)| other.cmp(one));
        found.truncate(limit);
        Ok(found)
    }
}

/// How many to read: one more than are wanted tells whether there are more.
fn chunk(draft: &Draft<'_>) -> usize {
    let ActivityFilter { result, event, .. } = draft.filter;
    let left = draft.limit + 1 - draft.outcomes.len();
    if result.is_some() || event.is_some() { CHUNK.max(left) } else { left }
}

/// The sort key before which no event of the day stands.
fn start_of(day: &str) -> StoreResult<String> {
    let date: jiff::civil::Date = day.parse().map_err(|_| unreadable())?;
    let start = TimeZone::UTC.to_timestamp(date.at(0, 0, 0, 0)).map_err(|_| unreadable())?;
    Ok(keys::at_id(start, ""))
}

/// What a sort key says.
fn position(at_id: &str) -> StoreResult<ActivityPosition> {
    let (millis, id) = at_id.split_once('#').ok_or_else(unreadable)?;
    let millis = millis.parse().map_err(|_| unreadable())?;
    // The end of time itself is no whole number of milliseconds.
    let at = Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX);
    Ok(ActivityPosition { at, id: id.to_owned() })
}

fn unreadable() -> StoreError {
    StoreError::Corrupt { what: WHAT, detail: "a sort key is of no event".into() }
}
