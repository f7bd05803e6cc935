//! A dialog before the page, on the browser's own element: it keeps the focus inside, and Escape closes it.
//! Refuses to throw away what was typed in it without a question.

use super::icon::icon;
use super::kept_focus;
use patternfly_yew::prelude::{Button, ButtonVariant};
use web_sys::HtmlDialogElement;
use yew::prelude::*;

/// What it holds.
#[derive(Clone, PartialEq, Properties)]
pub(crate) struct Properties {
    pub(crate) title: AttrValue,
    /// Called when the user closes it.
    pub(crate) close: Callback<()>,
    pub(crate) children: Html,
    /// The buttons at its foot.
    #[prop_or_default]
    pub(crate) actions: Html,
    /// A wide one, for forms.
    #[prop_or_default]
    pub(crate) wide: bool,
    /// Whether something was typed in it that closing would lose.
    #[prop_or_default]
    pub(crate) is_filled: bool,
    /// Where two may be open, each has its own.
    #[prop_or(AttrValue::Static("dialog"))]
    pub(crate) id: AttrValue,
}

/// A dialog.
#[function_component]
pub(crate) fn Dialog(props: &Properties) -> Html {
    let element = use_node_ref();
    let is_asked = use_state_eq(|| false);
    {
        let element = element.clone();
        use_effect_with((), move |()| {
            let dialog = element.cast::<HtmlDialogElement>();
            let before = kept_focus::focused();
            if let Some(dialog) = &dialog
                && !dialog.open()
            {
                // It is in the document and not open: nothing keeps it from opening.
                let _ = dialog.show_modal();
            }
            move || {
                if let Some(dialog) = &dialog {
                    dialog.close();
                }
                if let Some(before) = before {
                    kept_focus::give_back(&before, dialog.as_deref());
                }
            }
        });
    }
    let keep_id = format!("{}-keep", props.id);
    {
        let keep = keep_id.clone();
        use_effect_with(*is_asked, move |is_asked| {
            if *is_asked {
                super::keys::focus(&keep);
            }
        });
    }
    // The way out by a key or the cross; a form's own buttons say themselves what they do.
    let leave = {
        let (close, is_filled, is_asked) = (props.close.clone(), props.is_filled, is_asked.clone());
        Callback::from(move |()| match (is_filled, *is_asked) {
            (false, _) => close.emit(()),
            (true, asked) => is_asked.set(!asked),
        })
    };
    let cross = leave.reform(|_: MouseEvent| ());
    // Escape: the page decides what closing means, the element alone would only hide itself.
    let cancel = leave.reform(|event: Event| event.prevent_default());
    let title = format!("{}-title", props.id);
    html! {
        <dialog ref={element} class={classes!("muster-dialog", props.wide.then_some("muster-dialog--wide"))}
            data-filled={props.is_filled.then_some("")} aria-labelledby={title.clone()} oncancel={cancel}>
            <div class="muster-dialog__head">
                <h2 id={title} class="pf-v6-c-title pf-m-xl">{ props.title.clone() }</h2>
                <Button variant={ButtonVariant::Plain} onclick={cross} aria_label="Close">{ icon("times") }</Button>
            </div>
            <div class="muster-dialog__body">{ props.children.clone() }</div>
            if *is_asked {
                { question(&keep_id, props.close.reform(|_: MouseEvent| ()), move |_| is_asked.set(false)) }
            } else if props.actions != Html::default() {
                <div class="muster-dialog__foot">{ props.actions.clone() }</div>
            }
        </dialog>
    }
}

/// The question before what was typed is lost.
fn question(keep_id: &str, discard: Callback<MouseEvent>, keep: impl Fn(MouseEvent) + 'static) -> Html {
    html! {
        <div class="muster-dialog__foot" role="alertdialog" aria-label="Discard changes?">
            <strong class="muster-dialog__question">{ "Discard changes?" }</strong>
            <Button variant={ButtonVariant::Danger} onclick={discard} label="Discard" />
            <Button id={keep_id.to_owned()} variant={ButtonVariant::Secondary} onclick={Callback::from(keep)} label="Keep editing" />
        </div>
    }
}
