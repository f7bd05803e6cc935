//! What a person means by a name, an id or the beginning of an id.
//! Refuses to choose between several, and to take a few letters for an id.

use crate::{ApiError, Code, Remedy};

/// How many characters of an id designate what has it. A shorter one is more likely a name that was mistyped, and it must
/// not remove another thing.
const SHORTEST_BEGINNING: usize = 8;

pub(crate) fn is_long_enough(beginning: &str) -> bool {
    beginning.chars().count() >= SHORTEST_BEGINNING
}

/// The thing that a name, an id or a unique beginning of an id designates.
pub fn designated<'a, T>(
    all: &'a [T],
    designation: &str,
    what: &str,
    names: impl Fn(&T) -> (&String, &str),
) -> Result<&'a T, ApiError> {
    let lower = trimmed(designation).to_lowercase();
    let by_name = all.iter().find(|one| names(one).0.to_lowercase() == lower);
    if let Some(found) = by_name.or_else(|| all.iter().find(|one| names(one).1 == lower)) {
        return Ok(found);
    }
    let begins = |one: &&T| is_long_enough(&lower) && names(one).1.starts_with(&lower);
    let beginning: Vec<&T> = all.iter().filter(begins).collect();
    match beginning[..] {
        [one] => Ok(one),
        [] => {
            let known: Vec<&str> = all.iter().map(|one| names(one).0.as_str()).collect();
            let error = ApiError::new(Code::NotFound, format!("there is no {what} \"{designation}\""));
            let add = match what {
                "credential" => Some(Remedy::AddCredential),
                "vCenter" => Some(Remedy::AddVcenter),
                _ => None,
            };
            Err(match known.is_empty() {
                true => error.next(format!("There is no {what} yet. Add one.")).remedies(add),
                false => error.next(format!("Available: {}.", known.join(", "))),
            })
        }
        _ => Err(ApiError::new(Code::InvalidValue, format!("\"{designation}\" matches more than one id"))
            .next("Enter more of the id, or the name.")),
    }
}

/// Text without the white space at its ends, and without the mark that files of Windows begin with.
pub fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c == '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::designated;
    use crate::{ApiError, Code};

    #[test]
    fn an_id_designates_from_eight_characters_on_and_a_name_always() {
        let ids = ["e2aaaaaa-1111", "e2aaaaaa-2222", "0c3d4e5f-3333"];
        let all = ["Berlin", "E", "0c3d4e5f"].map(str::to_owned).into_iter().zip(ids).collect::<Vec<_>>();
        let find = |designation: &str| -> Result<&str, ApiError> {
            designated(&all, designation, "vCenter", |one| (&one.0, one.1)).map(|one| one.1)
        };
        for (designation, id) in
            [("berlin", ids[0]), ("e", ids[1]), ("E2AAAAAA-1", ids[0]), ("e2aaaaaa-2222", ids[1])]
        {
            assert_eq!(find(designation).unwrap(), id, "{designation}");
        }
        for short in ["0", "0c", "0C3D4E5", "e2", "E2", ""] {
            let error = find(short).unwrap_err();
            assert_eq!(error.code, Code::NotFound, "{short}");
            assert_eq!(error.message, format!("there is no vCenter \"{short}\""));
        }
        assert_eq!(find("0c3d4e5f-").unwrap(), ids[2]);
        assert!(find("e2aaaaaa").unwrap_err().message.contains("more than one id"));
    }
}
