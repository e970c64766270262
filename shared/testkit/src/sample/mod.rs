//! Sample directories: people as a company has them, the same for the same numbers.

mod names;

use std::collections::{BTreeMap, BTreeSet};

use provisioning::directory::{Group, Status, User};
use provisioning::ids::{GroupId, IdError, SourceId, UserId};
use provisioning::value::Value;

use names::{DEPARTMENTS, FIRST_NAMES, LAST_NAMES, TITLES};

/// The columns of [`Directory::to_csv`], in order.
pub const COLUMNS: [&str; 11] = [
    "id",
    "username",
    "email",
    "first_name",
    "last_name",
    "display_name",
    "status",
    "groups",
    "title",
    "department",
    "cost_center",
];

/// Users, groups and who is in which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// The users, in the order of their ids.
    pub users: Vec<User>,
    /// The groups, in the order of their ids.
    pub groups: Vec<Group>,
    /// Every membership.
    pub memberships: BTreeSet<(GroupId, UserId)>,
}

/// Makes a directory. Each user is in `memberships_per_user` different groups, or in all of them where there are fewer; about
/// one in fifty is disabled. Equal arguments make equal directories.
///
/// # Errors
///
/// None: the ids made are ids.
pub fn directory(
    users: usize,
    groups: usize,
    memberships_per_user: usize,
    seed: u64,
) -> Result<Directory, IdError> {
    let mut dice = Dice(seed);
    let groups: Vec<Group> = (0..groups).map(group).collect::<Result<_, _>>()?;
    let users: Vec<User> = (0..users).map(|number| user(number, &mut dice)).collect::<Result<_, _>>()?;
    let mut memberships = BTreeSet::new();
    for user in &users {
        let wanted = memberships_per_user.min(groups.len());
        let mut own = BTreeSet::new();
        while own.len() < wanted {
            own.insert(dice.below(groups.len()));
        }
        memberships.extend(own.into_iter().map(|group| (groups[group].id.clone(), user.id.clone())));
    }
    Ok(Directory { users, groups, memberships })
}

fn group(number: usize) -> Result<Group, IdError> {
    let department = DEPARTMENTS[number % DEPARTMENTS.len()];
    let name = match number / DEPARTMENTS.len() {
        0 => department.to_owned(),
        team => format!("{department} {}", team + 1),
    };
    Ok(Group { id: format!("group-{number:05}").parse()?, source_id: None, name, deleting: false })
}

fn user(number: usize, dice: &mut Dice) -> Result<User, IdError> {
    let first = FIRST_NAMES[dice.below(FIRST_NAMES.len())];
    let last = LAST_NAMES[dice.below(LAST_NAMES.len())];
    let department = dice.below(DEPARTMENTS.len());
    // The number keeps namesakes apart, as a company does.
    let account = format!("{}.{}{number}", ascii(first), ascii(last));
    let custom = [
        ("title", TITLES[dice.below(TITLES.len())].to_owned()),
        ("department", DEPARTMENTS[department].to_owned()),
        ("cost_center", format!("CC-{}", 1_000 + 10 * department)),
    ];
    Ok(User {
        id: format!("user-{number:07}").parse()?,
        source_id: Some(SourceId(format!("E{:07}", 1_000_000 + number))),
        username: account.clone(),
        email: Some(format!("{account}@example.org")),
        first_name: Some(first.to_owned()),
        last_name: Some(last.to_owned()),
        display_name: Some(format!("{first} {last}")),
        status: if dice.below(50) == 0 { Status::Disabled } else { Status::Active },
        custom: custom.into_iter().map(|(name, value)| (name.to_owned(), Value::Text(value))).collect(),
        deleting: false,
    })
}

fn ascii(name: &str) -> String {
    let plain = |c: char| match c.to_ascii_lowercase() {
        'é' | 'è' => 'e',
        'ö' | 'ø' => 'o',
        'ü' => 'u',
        'ñ' => 'n',
        'å' | 'á' => 'a',
        'ł' | 'Ł' => 'l',
        c => c,
    };
    name.chars().map(plain).filter(char::is_ascii_alphanumeric).collect()
}

impl Directory {
    /// The directory as a CSV file with the columns [`COLUMNS`]; `id` is the source id.
    ///
    /// # Errors
    ///
    /// None that a directory made here has.
    pub fn to_csv(&self) -> Result<String, csv::Error> {
        let names: BTreeMap<_, _> =
            self.groups.iter().map(|group| (&group.id, group.name.as_str())).collect();
        let mut groups: BTreeMap<&UserId, Vec<&str>> = BTreeMap::new();
        for (group, user) in &self.memberships {
            groups.entry(user).or_default().extend(names.get(group));
        }
        let mut file = csv::Writer::from_writer(Vec::new());
        file.write_record(COLUMNS)?;
        for user in &self.users {
            let text = |value: &Option<String>| value.clone().unwrap_or_default();
            let custom = |name: &str| match user.custom.get(name) {
                Some(Value::Text(text)) => text.clone(),
                _ => String::new(),
            };
            file.write_record([
                user.source_id.as_ref().map(ToString::to_string).unwrap_or_default(),
                user.username.clone(),
                text(&user.email),
                text(&user.first_name),
                text(&user.last_name),
                text(&user.display_name),
                if user.status == Status::Active { "active".to_owned() } else { "disabled".to_owned() },
                groups.get(&user.id).map(|groups| groups.join(";")).unwrap_or_default(),
                custom("title"),
                custom("department"),
                custom("cost_center"),
            ])?;
        }
        let bytes = file.into_inner().map_err(csv::IntoInnerError::into_error)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

/// A sequence of numbers that look random (SplitMix64), the same for the same seed.
pub(crate) struct Dice(pub u64);

impl Dice {
    pub(crate) fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below `bound`. A remainder is even enough for names and faults.
    pub(crate) fn below<N: TryFrom<u64> + TryInto<u64> + Default>(&mut self, bound: N) -> N {
        let bound: u64 = bound.try_into().unwrap_or(1);
        N::try_from(self.number() % bound.max(1)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_make_equal_directories() {
        let made = |seed| directory(200, 12, 3, seed).expect("a directory");
        assert_eq!(made(7), made(7));
        assert_ne!(made(7), made(8));
    }

    #[test]
    fn everybody_is_in_as_many_groups_as_asked_and_bears_a_name_of_his_own() {
        let made = directory(500, 40, 4, 1).expect("a directory");
        assert_eq!((made.users.len(), made.groups.len(), made.memberships.len()), (500, 40, 2_000));
        let names: BTreeSet<_> = made.users.iter().map(|user| &user.username).collect();
        let groups: BTreeSet<_> = made.groups.iter().map(|group| &group.name).collect();
        assert_eq!((names.len(), groups.len()), (500, 40));
        assert!(names.iter().all(|name| name.is_ascii()));
    }

    #[test]
    fn where_there_are_fewer_groups_everybody_is_in_all() {
        assert_eq!(directory(5, 2, 9, 1).expect("a directory").memberships.len(), 10);
        assert!(directory(5, 0, 9, 1).expect("a directory").memberships.is_empty());
    }

    #[test]
    fn the_file_has_a_line_per_user_and_the_columns_an_import_reads() {
        let made = directory(20, 3, 2, 1).expect("a directory");
        let text = made.to_csv().expect("a file");
        let mut file = csv::Reader::from_reader(text.as_bytes());
        assert_eq!(file.headers().expect("a header"), COLUMNS.as_slice());
        let lines: Vec<_> = file.records().map(|line| line.expect("a line")).collect();
        assert_eq!(lines.len(), 20);
        assert_eq!(lines[0][7].split(';').count(), 2);
        assert_eq!(&lines[0][1], made.users[0].username);
    }
}
