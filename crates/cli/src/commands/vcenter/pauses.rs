//! `vcenter pause` and `vcenter resume`.
//! Refuse to hold up what a person asks for.

use crate::args;
use crate::output::Output;
use contract::command::{ListVcenters, Pause, Resume, ShowVcenter};
use contract::{ApiError, Group, Subject, Vcenter, words};
use service::Client;

/// What was named on the command line.
enum Named {
    One(Box<Vcenter>),
    Tagged(String, Vec<Vcenter>),
    All(Vec<Vcenter>),
}

impl Named {
    async fn by(service: &Client, of: args::Group) -> Result<Named, ApiError> {
        match of.tag {
            None if of.all => Ok(Named::All(service.call(ListVcenters {}).await?)),
            Some(tag) => {
                let mut all = service.call(ListVcenters {}).await?;
                all.retain(|vcenter| vcenter.settings.tags.contains(&tag));
                Ok(Named::Tagged(tag, all))
            }
            None => {
                let vcenter = of.name.unwrap_or_default();
                Ok(Named::One(Box::new(service.call(ShowVcenter { vcenter }).await?)))
            }
        }
    }

    fn group(&self) -> Group {
        match self {
            Named::One(vcenter) => Group::Vcenter(vcenter.id.clone()),
            Named::Tagged(tag, _) => Group::Tag(tag.clone()),
            Named::All(_) => Group::All,
        }
    }

    /// How it begins a sentence, and its verb.
    fn subject(&self) -> String {
        match self {
            Named::One(vcenter) => format!("{} is", vcenter.name),
            Named::Tagged(tag, vcenters) => {
                let names: Vec<&str> = vcenters.iter().map(|vcenter| &*vcenter.name).collect();
                match &*names {
                    [] => format!("Tag {tag} is"),
                    [name] => format!("Tag {tag} ({name}) is"),
                    names => format!("Tag {tag} ({}) is", names.join(", ")),
                }
            }
            Named::All(_) => "Everything is".to_owned(),
        }
    }

    fn answer(&self, output: &Output, said: String) -> Result<(), ApiError> {
        match self {
            Named::One(vcenter) => output.answer(&**vcenter, || said),
            Named::Tagged(_, vcenters) | Named::All(vcenters) => output.answer(vcenters, || said),
        }
    }
}

pub(super) async fn pause(
    service: &Client,
    output: &Output,
    of: args::Group,
    until: Option<String>,
    duration: Option<String>,
) -> Result<(), ApiError> {
    service.may::<Pause>(Subject::none()).await?;
    let now = service.now();
    let until = crate::commands::until(now, until, duration)?;
    let named = Named::by(service, of).await?;
    service.call(Pause { of: named.group(), until }).await?;
    let paused = words::paused(&contract::Pause { until, ..contract::Pause::default() }, now);
    named.answer(output, format!("{} {paused}.", named.subject()))
}

pub(super) async fn resume(service: &Client, output: &Output, of: args::Group) -> Result<(), ApiError> {
    service.may::<Resume>(Subject::none()).await?;
    let named = Named::by(service, of).await?;
    let ended = service.call(Resume { of: named.group() }).await?;
    let said = match (&named, ended) {
        (Named::One(vcenter), true) => format!("{} is refreshed automatically again.", vcenter.name),
        (Named::One(vcenter), false) => format!("{} is neither paused nor suspended.", vcenter.name),
        (Named::Tagged(tag, _), true) => format!("The pause of tag {tag} has ended."),
        (Named::Tagged(tag, _), false) => format!("Tag {tag} is not paused."),
        (Named::All(_), true) => "The pause of everything has ended.".to_owned(),
        (Named::All(_), false) => "There is no pause of everything.".to_owned(),
    };
    named.answer(output, said)
}
