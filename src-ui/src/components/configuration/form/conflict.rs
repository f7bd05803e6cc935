//! What the form shows when others changed the vCenter since it was opened: how it is now, beside what was typed.
//! Refuses to save anything by itself: who typed it says whether it goes on top, or theirs stays.

use super::{Handle, Next, Stage};
use crate::components::failure::Alert;
use crate::state::form::{Form, TrustForm};
use crate::state::words::{self, Level};
use contract::{Difference, Vcenter};
use patternfly_yew::prelude::{Button, ButtonVariant};
use yew::prelude::*;

/// The button that has the focus when this appears.
pub(super) const APPLY: &str = "vc-conflict-apply";

impl Handle {
    pub(super) fn conflict(&self, now: &Vcenter) -> Html {
        let Some(before) = &self.vcenter else { return Html::default() };
        let merged = self.form.on_top_of(before, now);
        let rows = merged.beside(before, now);
        let apply = {
            let now = now.clone();
            self.on(move |handle, _: MouseEvent| handle.apply_on_top_of(&now))
        };
        let discard = {
            let now = now.clone();
            self.on(move |handle, _: MouseEvent| handle.take_over(&now))
        };
        html! {
            <Alert level={Level::Warning} title="This vCenter was changed elsewhere in the meantime">
                <p>{ "Your changes are not saved yet." }</p>
                if !rows.is_empty() {
                    <table class="muster-versions">
                        <thead><tr>
                            <th scope="col">{ "Field" }</th>
                            <th scope="col">{ "Saved now" }</th>
                            <th scope="col">{ "With your changes" }</th>
                        </tr></thead>
                        <tbody>{ for rows.iter().map(row) }</tbody>
                    </table>
                }
                <p class="muster-offers">
                    <Button id={APPLY} variant={ButtonVariant::Secondary} onclick={apply} label="Save with my changes" />
                    <Button variant={ButtonVariant::Link} onclick={discard} label="Discard my changes" />
                </p>
            </Alert>
        }
    }

    /// Saves what was typed on top of what others made of it.
    fn apply_on_top_of(&self, now: &Vcenter) {
        let Some(before) = &self.vcenter else { return };
        let is_reached_alike = now.settings.way() == before.settings.way()
            && (&now.host, now.port, &now.trust, &now.pin)
                == (&before.host, before.port, &before.trust, &before.pin);
        // The host's name was typed for a certificate of what was reached then.
        let approved = (*self.approved).clone().filter(|_| is_reached_alike);
        let mut merged = self.form.on_top_of(before, now);
        if !is_reached_alike && matches!(merged.trust, TrustForm::Pin(_)) {
            // The certificate of a server that is no longer the one.
            merged.trust = TrustForm::AsItIs;
        }
        self.form.set(merged.clone());
        self.approved.set(approved.clone());
        self.taken_over.set(Some(now.clone()));
        let is_the_same_account = (&now.host, now.port, &now.credential_id, &now.user)
            == (&before.host, before.port, &before.credential_id, &before.user);
        if *self.has_typed_password && !is_the_same_account {
            // It was meant for the server and the account that were there when it was typed: it is asked for again.
            self.forget_password();
            self.stage.set(Stage::Typing);
            return;
        }
        // State of this rendering is what the next step would read: it goes on with its own copy.
        let handle = Handle { vcenter: Some(now.clone()), ..self.clone() };
        handle.go_on_checked(merged, approved, Next::Save);
    }

    fn forget_password(&self) {
        self.clear_password();
        self.has_typed_password.set(false);
    }

    /// Shows what others made of it, and nothing of what was typed.
    fn take_over(&self, now: &Vcenter) {
        self.forget_password();
        self.approved.set(None);
        self.wrong.set(Vec::new());
        self.taken_over.set(Some(now.clone()));
        self.form.set(Form::of(now));
        self.stage.set(Stage::Typing);
        crate::components::keys::focus("vc-name");
    }
}

fn row(difference: &Difference) -> Html {
    let Difference { field, now, yours } = difference;
    let value = |value: &str| if value.is_empty() { "\u{2013}".to_owned() } else { words::shown(value) };
    let is_changed = now != yours;
    html! {
        <tr>
            <th scope="row">{ field }</th>
            <td>{ value(now) }</td>
            <td class={classes!(is_changed.then_some("muster-versions__changed"))}>{ value(yours) }</td>
        </tr>
    }
}
