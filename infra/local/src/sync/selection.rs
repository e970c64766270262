//! Which groups are provisioned.

use std::collections::{BTreeMap, BTreeSet};

use provisioning::application::{Selection, SelectionMode};
use provisioning::directory::Group;
use provisioning::folding::folded;
use provisioning::ids::GroupId;

use crate::ending::CommandError;

/// The groups that were named, or all there are.
///
/// # Errors
///
/// A name that is no group's.
pub fn selection(
    typed: &[String],
    exclude_group_information: bool,
    groups: &BTreeMap<GroupId, Group>,
) -> Result<Selection, CommandError> {
    let by_name: BTreeMap<_, _> = groups.values().map(|group| (folded(&group.name), group)).collect();
    let mut selected = BTreeSet::new();
    for typed in typed {
        // A group's own name may hold a comma, so the whole is tried first.
        let names = if by_name.contains_key(&folded(typed)) {
            vec![typed.as_str()]
        } else {
            typed.split(',').collect()
        };
        for name in names.iter().filter(|name| !name.trim().is_empty()) {
            let Some(group) = by_name.get(&folded(name)) else { return Err(unknown(name, &by_name)) };
            selected.insert(group.id.clone());
        }
    }
    if typed.is_empty() {
        selected.extend(groups.keys().cloned());
    } else if selected.is_empty() {
        return Err(CommandError::Unusable("--groups names no group".into()));
    }
    Ok(Selection {
        mode: SelectionMode::List,
        groups: selected,
        exclude_group_information,
        ..Selection::default()
    })
}

fn unknown(name: &str, groups: &BTreeMap<String, &Group>) -> CommandError {
    let wanted = folded(name);
    let mut near: Vec<_> =
        groups.iter().map(|(folded, group)| (distance(&wanted, folded), &group.name)).collect();
    near.sort();
    let shown: Vec<_> = near.iter().take(5).map(|(_, name)| format!("'{name}'")).collect();
    let hint = match shown.len() {
        0 => "the directory has no group".to_owned(),
        shown_count if shown_count < groups.len() => {
            format!("the nearest of {} groups: {}", groups.len(), shown.join(", "))
        }
        _ => format!("it has {}", shown.join(", ")),
    };
    CommandError::Unusable(format!("--groups: the directory has no group '{}'; {hint}", name.trim()))
}

/// How many characters must change to make one name the other; a part of a name is near.
fn distance(wanted: &str, name: &str) -> usize {
    if !wanted.is_empty() && name.contains(wanted) {
        return 1;
    }
    let name: Vec<char> = name.chars().collect();
    let mut row: Vec<usize> = (0..=name.len()).collect();
    for (line, character) in wanted.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], line + 1);
        for column in 0..name.len() {
            let substituted = diagonal + usize::from(name[column] != character);
            diagonal = row[column + 1];
            row[column + 1] = substituted.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row[name.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn groups() -> BTreeMap<GroupId, Group> {
        let names = ["Engineering", "Leads", "Sales, EMEA", "Support", "Finance", "Legal"];
        let group = |(index, name): (usize, &&str)| {
            let id: GroupId = format!("g{index}").parse().expect("an id");
            (id.clone(), Group { id, source_id: None, name: (*name).to_owned(), deleting: false })
        };
        names.iter().enumerate().map(group).collect()
    }

    fn select(typed: &[&str]) -> Result<usize, String> {
        let typed: Vec<_> = typed.iter().map(|text| (*text).to_owned()).collect();
        selection(&typed, false, &groups())
            .map(|selection| selection.groups.len())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn without_names_all_groups_are_selected() {
        assert_eq!(select(&[]), Ok(6));
    }

    #[test]
    fn names_ignore_case_are_separated_by_commas_and_may_hold_one() {
        assert_eq!(select(&["engineering, LEADS"]), Ok(2));
        assert_eq!(select(&["Sales, EMEA", "Leads"]), Ok(2));
    }

    #[test]
    fn an_unknown_name_is_answered_with_the_nearest() {
        let told = select(&["Enginering"]).expect_err("refused");
        assert!(told.contains("no group 'Enginering'; the nearest of 6 groups: 'Engineering'"), "{told}");
        assert_eq!(select(&[","]), Err("--groups names no group".into()));
    }
}
