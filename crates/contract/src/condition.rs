//! Conditions on columns: what a row has to have, as people write it and as it is tested.
//! Refuses a value that doesn't fit its column: it says what would.

use crate::columns::{self, Column, Type, Unit};
use crate::{ApiError, Code, Kind, Row, Time, Value, words};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;

/// How a value is held against the one that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Operator {
    /// It is the value, or a list that has it; nothing asked for is no value.
    #[serde(rename = "=")]
    Is,
    /// It is another one, or not known.
    #[serde(rename = "!=")]
    IsNot,
    /// The text stands in it.
    #[serde(rename = "~")]
    Contains,
    /// The text doesn't stand in it.
    #[serde(rename = "!~")]
    ContainsNot,
    /// It is smaller; of a time: later than so long ago, or before a date.
    #[serde(rename = "<")]
    Below,
    /// It is not larger.
    #[serde(rename = "<=")]
    AtMost,
    /// It is larger; of a time: longer ago, or after a date.
    #[serde(rename = ">")]
    Above,
    /// It is not smaller.
    #[serde(rename = ">=")]
    AtLeast,
    /// It is an address of this subnet.
    #[serde(rename = "in")]
    InSubnet,
}

impl Operator {
    /// Those that are signs; one that begins like another comes before it.
    const SIGNS: [Operator; 8] = [
        Operator::IsNot,
        Operator::ContainsNot,
        Operator::AtMost,
        Operator::AtLeast,
        Operator::Is,
        Operator::Contains,
        Operator::Below,
        Operator::Above,
    ];

    /// The sign that people type.
    pub fn sign(self) -> &'static str {
        match self {
            Operator::Is => "=",
            Operator::IsNot => "!=",
            Operator::Contains => "~",
            Operator::ContainsNot => "!~",
            Operator::Below => "<",
            Operator::AtMost => "<=",
            Operator::Above => ">",
            Operator::AtLeast => ">=",
            Operator::InSubnet => "in",
        }
    }

    /// The words for it beside a column.
    pub fn words(self, column: &Column) -> &'static str {
        let is_age = column.ty == Type::Time || column.unit == Some(Unit::Seconds);
        match self {
            Operator::Is => "is",
            Operator::IsNot => "is not",
            Operator::Contains => "contains",
            Operator::ContainsNot => "does not contain",
            Operator::Below if is_age => "newer than",
            Operator::Above if is_age => "older than",
            Operator::Below => "below",
            Operator::AtMost => "at most",
            Operator::Above => "above",
            Operator::AtLeast => "at least",
            Operator::InSubnet => "in subnet",
        }
    }
}

/// A column, an operator and a value: `free_percent<10`, `age>7d`, `ip_addresses in 10.1.2.0/24`, `cluster=` for none.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Condition {
    /// Id, alias or title of the column.
    pub column: String,
    /// How it is tested.
    pub operator: Operator,
    /// What it is held against, as people write it.
    pub value: String,
}

impl std::fmt::Display for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Condition { column, operator, value } = self;
        match operator {
            Operator::InSubnet => write!(f, "{column} in {value}"),
            other => write!(f, "{column}{}{value}", other.sign()),
        }
    }
}

impl std::str::FromStr for Condition {
    type Err = ApiError;

    fn from_str(text: &str) -> Result<Condition, ApiError> {
        let at = text.find(['=', '!', '~', '<', '>']).unwrap_or(text.len());
        let subnet = text.find(" in ").filter(|place| *place < at);
        let (column, operator, value) = match subnet {
            Some(place) => (&text[..place], Operator::InSubnet, &text[place + 4..]),
            None => {
                let (column, rest) = text.split_at(at);
                let operator = Operator::SIGNS.into_iter().find(|operator| rest.starts_with(operator.sign()));
                let operator = operator.ok_or_else(|| unreadable(text))?;
                (column, operator, &rest[operator.sign().len()..])
            }
        };
        if column.trim().is_empty() {
            return Err(unreadable(text));
        }
        Ok(Condition { column: column.trim().to_owned(), operator, value: value.trim().to_owned() })
    }
}

fn unreadable(text: &str) -> ApiError {
    ApiError::new(Code::InvalidValue, format!("\"{text}\" is not a valid condition")).next(
        "Specify a column, an operator (=, !=, ~, !~, <, <=, >, >=, in) and a value: free_percent<10, \
         age>7d, name~web, \"ip_addresses in 10.1.2.0/24\", cluster= for none.",
    )
}

impl Condition {
    /// The words for its operator beside a column: a date is before or after, an age newer or older.
    pub fn words(&self, column: &Column) -> &'static str {
        match (self.operator, column.ty, moment(&self.value)) {
            (Operator::Below, Type::Time, Some(Wanted::At(_))) => "before",
            (Operator::Above, Type::Time, Some(Wanted::At(_))) => "after",
            (operator, ..) => operator.words(column),
        }
    }

    /// A column that has this value.
    pub fn is(column: &str, value: &str) -> Condition {
        Condition { column: column.to_owned(), operator: Operator::Is, value: value.to_owned() }
    }

    /// A column that has another one.
    pub fn is_not(column: &str, value: &str) -> Condition {
        Condition { operator: Operator::IsNot, ..Condition::is(column, value) }
    }

    /// The operators that fit a column.
    pub fn operators(column: &Column) -> Vec<Operator> {
        use Operator::*;
        let mut operators = match column.ty {
            Type::Text | Type::List if !column.terms.is_empty() => vec![Is, IsNot, Contains, ContainsNot],
            Type::Text | Type::List => vec![Contains, ContainsNot, Is, IsNot],
            Type::Integer | Type::Decimal => vec![Below, AtMost, Above, AtLeast, Is, IsNot],
            Type::Boolean => vec![Is, IsNot],
            Type::Time => vec![Above, Below],
        };
        if column.is_address {
            operators.insert(0, InSubnet);
        }
        operators
    }

    /// The condition as it is tested on rows of a kind, or what doesn't fit.
    pub fn on(&self, kind: Kind) -> Result<Test, ApiError> {
        let column = columns::of(kind).named(&self.column)?;
        let wanted = wanted(column, self.operator, &self.value)?;
        Ok(Test { column, operator: self.operator, wanted })
    }
}

/// A condition that fits its column.
#[derive(Clone, Debug)]
pub struct Test {
    column: &'static Column,
    operator: Operator,
    wanted: Wanted,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Wanted {
    Nothing,
    Flag(bool),
    /// In thousandths.
    Number(i128),
    /// In lower case.
    Text(String),
    Subnet(Subnet),
    /// So many milliseconds ago.
    Ago(i64),
    At(i64),
}

impl Test {
    /// Whether a row meets it.
    pub fn holds(&self, row: &Row<'_>) -> bool {
        let value = row.value(self.column);
        match self.operator {
            Operator::Is => self.is(&value),
            Operator::IsNot => !self.is(&value),
            Operator::Contains => self.has(&value),
            Operator::ContainsNot => !self.has(&value),
            Operator::InSubnet => match &self.wanted {
                Wanted::Subnet(subnet) => texts(&value).any(|text| subnet.has(text)),
                _ => false,
            },
            Operator::Below => self.compares(&value, row.now, |order| order.is_lt()),
            Operator::AtMost => self.compares(&value, row.now, |order| order.is_le()),
            Operator::Above => self.compares(&value, row.now, |order| order.is_gt()),
            Operator::AtLeast => self.compares(&value, row.now, |order| order.is_ge()),
        }
    }

    fn is(&self, value: &Value) -> bool {
        match (value, &self.wanted) {
            (Value::Null, wanted) => *wanted == Wanted::Nothing,
            (Value::List(values), Wanted::Nothing) => values.is_empty(),
            (Value::Text(text), Wanted::Nothing) => text.is_empty(),
            (Value::List(values), _) => values.iter().any(|value| self.is(value)),
            (Value::Bool(flag), Wanted::Flag(wanted)) => flag == wanted,
            (_, Wanted::Number(wanted)) => thousandths(value) == Some(*wanted),
            (Value::Text(text), Wanted::Text(wanted)) => self.is_text(text, wanted),
            (Value::Ref(reference), Wanted::Text(wanted)) => reference.moref.eq_ignore_ascii_case(wanted),
            _ => false,
        }
    }

    fn is_text(&self, text: &str, wanted: &str) -> bool {
        let same = |text: &str| text.to_lowercase() == *wanted;
        let short =
            || self.column.is_host_name && !wanted.contains('.') && same(words::short_host_name(text));
        same(text) || same(&words::term(self.column, text)) || short()
    }

    fn has(&self, value: &Value) -> bool {
        let Wanted::Text(wanted) = &self.wanted else { return false };
        let has = |text: &str| text.to_lowercase().contains(wanted.as_str());
        texts(value).any(|text| has(text) || has(&words::term(self.column, text)))
    }

    fn compares(&self, value: &Value, now: Time, met: fn(std::cmp::Ordering) -> bool) -> bool {
        match (&self.wanted, value) {
            (Wanted::Number(wanted), value) => {
                thousandths(value).is_some_and(|number| met(number.cmp(wanted)))
            }
            // What is dated in the future has no age.
            (Wanted::Ago(wanted), Value::Int(at)) => {
                *at <= now.0 && met((i128::from(now.0) - i128::from(*at)).cmp(&i128::from(*wanted)))
            }
            (Wanted::At(wanted), Value::Int(at)) => met(at.cmp(wanted)),
            _ => false,
        }
    }
}

fn thousandths(value: &Value) -> Option<i128> {
    match value {
        Value::Int(number) => Some(i128::from(*number) * 1000),
        Value::Decimal(thousandths) => Some(i128::from(*thousandths)),
        _ => None,
    }
}

fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let values = match value {
        Value::List(values) => &values[..],
        one => std::slice::from_ref(one),
    };
    values.iter().filter_map(Value::as_text)
}

fn wanted(column: &Column, operator: Operator, value: &str) -> Result<Wanted, ApiError> {
    let may = Condition::operators(column);
    let is_equality = matches!(operator, Operator::Is | Operator::IsNot);
    // Whether there is a value at all can be asked of every column.
    let fits = may.contains(&operator) || (is_equality && value.is_empty());
    if !fits {
        let signs: Vec<&str> = may.iter().map(|operator| operator.sign()).collect();
        let message = format!("\"{}\" doesn't support the operator {}", column.title, operator.sign());
        return Err(
            ApiError::new(Code::InvalidValue, message).next(format!("Use one of: {}", signs.join("  ")))
        );
    }
    if value.is_empty() {
        return match is_equality {
            true => Ok(Wanted::Nothing),
            false => Err(unfit(column, value, operator)),
        };
    }
    let wanted = match (operator, column.ty) {
        (Operator::InSubnet, _) => value.parse().ok().map(Wanted::Subnet),
        (_, Type::Boolean) => flag(value).map(Wanted::Flag),
        (_, Type::Integer | Type::Decimal) => number(column, value).map(Wanted::Number),
        (_, Type::Time) => moment(value),
        (_, Type::Text | Type::List) => Some(Wanted::Text(value.to_lowercase())),
    };
    wanted.ok_or_else(|| unfit(column, value, operator))
}

fn unfit(column: &Column, value: &str, operator: Operator) -> ApiError {
    let fits = match (operator, column.ty, column.unit) {
        (Operator::InSubnet, ..) => "a subnet such as 10.1.2.0/24 or fd00::/8, or one address",
        (_, Type::Boolean, _) => "yes or no",
        (_, Type::Time, _) => "an age such as 7d, 12h or 30m, or a date such as 2026-03-01",
        (_, _, Some(Unit::Bytes)) => "a size such as 32GiB or 500M",
        (_, _, Some(Unit::Mhz)) => "a clock speed such as 2400 or 2.4GHz",
        (_, _, Some(Unit::Seconds)) => "a duration such as 7d, 12h or 30m",
        (_, _, Some(Unit::Percent)) => "a percentage such as 10 or 12.5",
        (_, Type::Integer | Type::Decimal, _) => "a number such as 4",
        (_, Type::Text | Type::List, _) => "some text",
    };
    ApiError::new(Code::InvalidValue, format!("\"{value}\" doesn't fit the column \"{}\"", column.title))
        .next(format!("Give {fits}."))
}

fn flag(text: &str) -> Option<bool> {
    match text.to_lowercase().as_str() {
        "true" | "yes" | "y" | "1" => Some(true),
        "false" | "no" | "n" | "0" => Some(false),
        _ => None,
    }
}

/// A number with the units that its column allows, in thousandths.
fn number(column: &Column, text: &str) -> Option<i128> {
    let text = without_groups(text.trim())?;
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-')).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    let unit = unit.trim().to_lowercase();
    let factor: i128 = match (column.unit, unit.as_str()) {
        (_, "") => 1,
        (Some(Unit::Percent), "%") => 1,
        (Some(Unit::Mhz), "mhz") => 1,
        (Some(Unit::Mhz), "ghz") => 1000,
        (Some(Unit::Bytes), unit) => {
            let letter = unit.strip_suffix("ib").or_else(|| unit.strip_suffix('b')).unwrap_or(unit);
            let power = ["", "k", "m", "g", "t", "p"].iter().position(|one| *one == letter)?;
            1 << (10 * power)
        }
        (Some(Unit::Seconds), unit) => i128::from(seconds_in(unit)?),
        _ => return None,
    };
    decimal(digits)?.checked_mul(factor)
}

/// A number without the commas between groups of three digits; one with other commas is none, as in `9,5`.
fn without_groups(text: &str) -> Option<String> {
    let whole = text.split('.').next().unwrap_or(text);
    let is_group = |group: &str| {
        let digits = group.bytes().take_while(u8::is_ascii_digit).count();
        digits == 3 && group.len() >= 3
    };
    whole.split(',').skip(1).all(is_group).then(|| text.replace(',', ""))
}

/// A decimal number in thousandths.
fn decimal(text: &str) -> Option<i128> {
    let (sign, digits) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    if whole.is_empty() && part.is_empty() {
        return None;
    }
    let whole: i128 = if whole.is_empty() { 0 } else { whole.parse::<u64>().ok()?.into() };
    let part: String = part.chars().chain("000".chars()).take(3).collect();
    Some(sign * (whole * 1000 + part.parse::<i128>().ok()?))
}

fn seconds_in(unit: &str) -> Option<i64> {
    Some(match unit {
        "s" | "sec" | "second" | "seconds" => 1,
        "m" | "min" | "minute" | "minutes" => 60,
        "h" | "hour" | "hours" => 3600,
        "d" | "day" | "days" => 86_400,
        "w" | "week" | "weeks" => 604_800,
        "y" | "year" | "years" => 31_536_000,
        _ => return None,
    })
}

/// The seconds of a duration as people write it: `7d`, `12h`.
pub fn duration_in_seconds(text: &str) -> Option<i64> {
    let text = text.trim();
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (digits, unit) = text.split_at(end);
    digits.parse::<i64>().ok()?.checked_mul(seconds_in(unit.trim().to_lowercase().as_str())?)
}

/// An age, or a date: midnight in UTC where no time of day is given.
pub(crate) fn moment(text: &str) -> Option<Wanted> {
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (digits, unit) = text.split_at(end);
    if let (Ok(number), Some(seconds)) =
        (digits.parse::<i64>(), seconds_in(unit.trim().to_lowercase().as_str()))
    {
        return number.checked_mul(seconds)?.checked_mul(1000).map(Wanted::Ago);
    }
    let at = text.parse::<jiff::Timestamp>().or_else(|_| format!("{text}T00:00:00Z").parse()).ok()?;
    Some(Wanted::At(at.as_millisecond()))
}

/// Addresses that begin with the same bits.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Subnet {
    first: u128,
    mask: u128,
    is_v4: bool,
}

impl std::str::FromStr for Subnet {
    type Err = ();

    fn from_str(text: &str) -> Result<Subnet, ()> {
        let (address, length) =
            text.split_once('/').map_or((text, None), |(a, l)| (a.trim(), Some(l.trim())));
        let address: IpAddr = address.trim().parse().map_err(|_| ())?;
        let is_v4 = address.is_ipv4();
        let width: u32 = if is_v4 { 32 } else { 128 };
        let length: u32 = length.map_or(Ok(width), str::parse).map_err(|_| ())?;
        if length > width {
            return Err(());
        }
        let mask =
            if length == 0 { 0 } else { (u128::MAX >> (128 - width)) & (u128::MAX << (width - length)) };
        Ok(Subnet { first: bits(address) & mask, mask, is_v4 })
    }
}

impl Subnet {
    fn has(&self, text: &str) -> bool {
        // A link-local address may name its interface.
        let address = text.split('%').next().unwrap_or_default().parse::<IpAddr>();
        address
            .is_ok_and(|address| address.is_ipv4() == self.is_v4 && bits(address) & self.mask == self.first)
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(v4) => u32::from(v4).into(),
        IpAddr::V6(v6) => v6.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads(text: &str) -> (String, Operator, String) {
        let Condition { column, operator, value } = text.parse().unwrap();
        (column, operator, value)
    }

    #[test]
    fn a_condition_is_a_column_an_operator_and_a_value() {
        for (text, column, operator, value) in [
            ("free_percent<10", "free_percent", Operator::Below, "10"),
            ("age>7d", "age", Operator::Above, "7d"),
            ("name~web", "name", Operator::Contains, "web"),
            ("host = esx-01", "host", Operator::Is, "esx-01"),
            ("ip_addresses in 10.1.2.0/24", "ip_addresses", Operator::InSubnet, "10.1.2.0/24"),
            ("cluster=", "cluster", Operator::Is, ""),
            ("cluster!=", "cluster", Operator::IsNot, ""),
            ("IP address !~ 10.", "IP address", Operator::ContainsNot, "10."),
            ("annotation=a<b in c", "annotation", Operator::Is, "a<b in c"),
            ("memory>=32GiB", "memory", Operator::AtLeast, "32GiB"),
        ] {
            assert_eq!(reads(text), (column.to_owned(), operator, value.to_owned()), "{text}");
            let again: Condition = text.parse::<Condition>().unwrap().to_string().parse().unwrap();
            assert_eq!(again, text.parse().unwrap());
        }
        for text in ["", "name", "=x", "name ! x"] {
            let error = text.parse::<Condition>().unwrap_err();
            assert!(error.next_step.is_some_and(|next| next.contains("free_percent<10")), "{text}");
        }
    }

    fn fits(kind: Kind, text: &str) -> Result<Wanted, ApiError> {
        text.parse::<Condition>()?.on(kind).map(|test| test.wanted)
    }

    #[test]
    fn a_value_is_read_in_the_unit_of_its_column() {
        let kib = 1024_i128;
        for (kind, text, wanted) in [
            (Kind::Datastores, "free_percent<9.5%", Wanted::Number(9_500)),
            (Kind::Vms, "mem>32GiB", Wanted::Number(32 * kib.pow(3) * 1000)),
            (Kind::Vms, "mem>0.5g", Wanted::Number(kib.pow(3) * 500)),
            (Kind::Vms, "cpu>=1,024", Wanted::Number(1_024_000)),
            (Kind::Hosts, "cpu_mhz_per_core<2.4GHz", Wanted::Number(2_400_000)),
            (Kind::Snapshots, "age>7d", Wanted::Number(604_800_000)),
            (Kind::Snapshots, "created_at>7d", Wanted::Ago(604_800_000)),
            (Kind::Snapshots, "created_at<1970-01-02", Wanted::At(86_400_000)),
            (Kind::Hosts, "maintenance=Yes", Wanted::Flag(true)),
            (Kind::Vms, "Power=powered on", Wanted::Text("powered on".into())),
            (Kind::Vms, "host=", Wanted::Nothing),
        ] {
            assert_eq!(fits(kind, text).unwrap(), wanted, "{text}");
        }
    }

    #[test]
    fn what_does_not_fit_is_refused_with_what_would() {
        for (kind, text, says) in [
            (Kind::Datastores, "free_percent<lots", "a percentage"),
            (Kind::Vms, "mem>32 apples", "32GiB"),
            (Kind::Snapshots, "age>a week", "7d"),
            (Kind::Hosts, "maintenance=perhaps", "yes or no"),
            (Kind::Vms, "ip_addresses in 10.1.2.0/33", "10.1.2.0/24"),
            (Kind::Vms, "name<5", "Use one of"),
            (Kind::Vms, "name in 10.0.0.0/8", "Use one of"),
            (Kind::Vms, "mem>", "32GiB"),
            (Kind::Vms, "no_such=1", "name"),
            (Kind::Datastores, "free_percent<9,5", "12.5"),
            (Kind::Snapshots, "created_at=2026-03-01", "Use one of"),
        ] {
            let error = fits(kind, text).unwrap_err();
            assert_eq!(error.code, Code::InvalidValue, "{text}");
            assert!(error.next_step.as_ref().is_some_and(|next| next.contains(says)), "{text}: {error:?}");
        }
    }

    #[test]
    fn a_subnet_has_the_addresses_that_begin_like_it() {
        let has = |subnet: &str, address: &str| subnet.parse::<Subnet>().unwrap().has(address);
        assert!(has("10.1.2.0/24", "10.1.2.255") && !has("10.1.2.0/24", "10.1.3.0"));
        assert!(has("10.1.2.77/24", "10.1.2.1"), "bits of a host don't matter");
        assert!(has("0.0.0.0/0", "255.1.1.1") && !has("0.0.0.0/0", "::1"));
        assert!(has("fe80::/10", "fe80::1%eth0") && !has("fd00::/8", "fe80::1"));
        assert!(has("10.1.2.3", "10.1.2.3") && !has("10.1.2.3", "10.1.2.4"));
        assert!(!has("10.0.0.0/8", "no address"));
    }

    #[test]
    fn every_column_has_operators_and_every_value_a_hint() {
        for kind in Kind::LISTED {
            for column in columns::of(kind).columns() {
                let operators = Condition::operators(column);
                assert!(!operators.is_empty(), "{kind}.{}", column.id);
                for operator in operators {
                    assert!(!operator.words(column).is_empty());
                }
            }
        }
    }
}
