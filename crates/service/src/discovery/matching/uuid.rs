//! The UUIDs of machines: in two byte orders, and sometimes everybody's.
//! Refuses other orders: a BMC that reverses all sixteen bytes shows its own UUID and not the machine's.

use uuid::{Uuid, uuid};

/// UUIDs that boards leave the factory with and that documentation gives as examples, in either order.
const EVERYBODYS: [Uuid; 12] = [
    uuid!("03000200-0400-0500-0006-000700080009"),
    uuid!("00010203-0405-0607-0809-0a0b0c0d0e0f"),
    uuid!("01020304-0506-0708-090a-0b0c0d0e0f10"),
    uuid!("07090201-0103-0301-0807-060504030201"),
    uuid!("10000000-0000-8000-0040-000000000000"),
    uuid!("11111111-2222-3333-4444-555555555555"),
    uuid!("12345678-1234-5678-90ab-cddeefaabbcc"),
    uuid!("12345678-1234-1234-1234-123456789abc"),
    uuid!("6ab5b300-538d-1014-9fb5-b0684d007b53"),
    uuid!("92384634-2938-2342-8820-489239905423"),
    uuid!("58893887-8974-2487-2389-841168418919"),
    uuid!("38947555-7742-3448-3784-823347823834"),
];

/// Where the service tag stands in a UUID of Dell's, in the order of the text.
const DELLS_TAG: [usize; 7] = [5, 6, 9, 10, 13, 14, 15];

/// Reads a UUID; None if it identifies nothing.
pub(super) fn read(text: &str) -> Option<Uuid> {
    let uuid = Uuid::try_parse(text.trim()).ok()?;
    let canonical = canonical(uuid);
    let is_junk = EVERYBODYS.iter().any(|everybodys| self::canonical(*everybodys) == canonical)
        || distinct_bytes(uuid) <= 2
        || (is_dells(uuid) && has_no_tag(uuid));
    (!is_junk).then_some(uuid)
}

/// The same for both orders of one UUID.
pub(super) fn canonical(uuid: Uuid) -> Uuid {
    uuid.min(swapped(uuid))
}

/// The UUID with its first three fields in the other byte order.
pub(super) fn swapped(uuid: Uuid) -> Uuid {
    Uuid::from_bytes(uuid.to_bytes_le())
}

/// Whether it begins with Dell's name, as all of Dell's do.
pub(super) fn is_dells(uuid: Uuid) -> bool {
    in_order_of_text(uuid).as_bytes().starts_with(b"LLED")
}

/// A board that was replaced and not given its tag shares its UUID with all such boards.
fn has_no_tag(uuid: Uuid) -> bool {
    let uuid = in_order_of_text(uuid);
    // The top bit of the fourth character is set: the variant of a UUID stands there.
    DELLS_TAG.iter().all(|at| matches!(uuid.as_bytes()[*at] & 0x7f, 0 | b' '))
}

fn in_order_of_text(uuid: Uuid) -> Uuid {
    if uuid.as_bytes().starts_with(b"DELL") { swapped(uuid) } else { uuid }
}

fn distinct_bytes(uuid: Uuid) -> usize {
    let mut bytes = *uuid.as_bytes();
    bytes.sort_unstable();
    bytes.chunk_by(|one, next| one == next).count()
}
