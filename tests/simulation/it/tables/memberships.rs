//! Pushed memberships and todo rows. A batch of them is no transaction: it may be written in part.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use provisioning::ids::{ApplicationId, GroupId, UserId};
use provisioning::ports::{MembershipStore, Pushed, StoreResult, Todo};

use super::Store;

/// The two items of a pushed membership.
#[derive(Clone, Copy)]
enum Side {
    Group,
    User,
}

/// A member is recorded on his own side first, and forgotten there last.
const SIDES: [Side; 2] = [Side::User, Side::Group];

#[async_trait]
impl MembershipStore for Store {
    async fn put_todo(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        users: &[UserId],
    ) -> StoreResult<()> {
        let key = (application.clone(), group.clone());
        self.write_rows("memberships.put_todo", users.to_vec(), |state, user| {
            state.tokens += 1;
            let token = format!("todo-{}", state.tokens);
            state.todo.entry(key.clone()).or_default().insert(user, token);
        })
        .await
    }

    async fn todo(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        limit: usize,
    ) -> StoreResult<Vec<Todo>> {
        let key = (application.clone(), group.clone());
        self.read("memberships.todo", |state| {
            let rows = state.todo.get(&key).into_iter().flatten().take(limit);
            rows.map(|(user, token)| Todo { user: user.clone(), token: token.clone() }).collect()
        })
        .await
    }

    async fn finish_todo(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        rows: &[Todo],
    ) -> StoreResult<()> {
        let key = (application.clone(), group.clone());
        self.write_rows("memberships.finish_todo", rows.to_vec(), |state, row| {
            if let Some(kept) = state.todo.get_mut(&key)
                && kept.get(&row.user) == Some(&row.token)
            {
                kept.remove(&row.user);
            }
        })
        .await
    }

    async fn record_pushed(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        members: &[Pushed],
    ) -> StoreResult<()> {
        let rows =
            SIDES.into_iter().flat_map(|side| members.iter().map(move |member| (side, member.clone())));
        self.write_rows("memberships.record_pushed", rows.collect(), |state, (side, member)| match side {
            Side::Group => {
                let members = state.pushed.entry((application.clone(), group.clone())).or_default();
                members.insert(member.user.clone(), member);
            }
            Side::User => {
                state.pushed_mirror.insert((application.clone(), member.user.clone(), group.clone()), member);
            }
        })
        .await
    }

    async fn forget_pushed(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        users: &[UserId],
    ) -> StoreResult<()> {
        let sides = SIDES.into_iter().rev();
        let rows = sides.flat_map(|side| users.iter().map(move |user| (side, user.clone())));
        self.write_rows("memberships.forget_pushed", rows.collect(), |state, (side, user)| match side {
            Side::Group => {
                let members = state.pushed.entry((application.clone(), group.clone())).or_default();
                members.remove(&user);
            }
            Side::User => {
                state.pushed_mirror.remove(&(application.clone(), user, group.clone()));
            }
        })
        .await
    }

    async fn pushed_among(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        users: &[UserId],
    ) -> StoreResult<HashMap<UserId, Pushed>> {
        let key = (application.clone(), group.clone());
        self.read("memberships.pushed_among", |state| {
            let members = state.pushed.get(&key);
            let found = users.iter().filter_map(|user| Some((user.clone(), members?.get(user)?.clone())));
            found.collect()
        })
        .await
    }

    async fn pushed_page(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        after: Option<&UserId>,
        limit: usize,
    ) -> StoreResult<Vec<Pushed>> {
        let key = (application.clone(), group.clone());
        self.read("memberships.pushed_page", |state| {
            let members = state.pushed.get(&key).into_iter().flat_map(|members| members.values());
            let behind = members.filter(|member| after.is_none_or(|after| member.user > *after));
            behind.take(limit).cloned().collect()
        })
        .await
    }

    async fn restamp(
        &self,
        application: &ApplicationId,
        group: &GroupId,
        members: &[(Pushed, Pushed)],
    ) -> StoreResult<bool> {
        let passed_over = AtomicBool::new(false);
        self.write_rows("memberships.restamp", members.to_vec(), |state, (before, after)| {
            let members = state.pushed.entry((application.clone(), group.clone())).or_default();
            if members.get(&before.user) == Some(&before) {
                members.insert(before.user, after);
            } else {
                passed_over.store(true, Ordering::Relaxed);
            }
        })
        .await?;
        Ok(!passed_over.into_inner())
    }

    async fn pushed_of(
        &self,
        application: &ApplicationId,
        user: &UserId,
    ) -> StoreResult<Vec<(GroupId, Pushed)>> {
        self.read("memberships.pushed_of", |state| {
            let his = state.pushed_mirror.iter().filter(|((at, who, _), _)| at == application && who == user);
            his.map(|((.., group), member)| (group.clone(), member.clone())).collect()
        })
        .await
    }
}
