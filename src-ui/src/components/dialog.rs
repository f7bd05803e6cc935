//! A dialog before the page, on the browser's own element: it keeps the focus inside, and Escape closes it.
//! Refuses to be opened beside another one.

use super::icon::icon;
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
}

/// A dialog.
#[function_component]
pub(crate) fn Dialog(props: &Properties) -> Html {
    let element = use_node_ref();
    {
        let element = element.clone();
        use_effect_with((), move |()| {
            let dialog = element.cast::<HtmlDialogElement>();
            if let Some(dialog) = &dialog
                && !dialog.open()
            {
                // It is in the document and not open: nothing keeps it from opening.
                let _ = dialog.show_modal();
            }
            move || {
                if let Some(dialog) = dialog {
                    dialog.close();
                }
            }
        });
    }
    let close = props.close.reform(|_: MouseEvent| ());
    // Escape: the page decides what closing means, the element alone would only hide itself.
    let cancel = props.close.reform(|event: Event| event.prevent_default());
    html! {
        <dialog ref={element} class={classes!("muster-dialog", props.wide.then_some("muster-dialog--wide"))}
            aria-labelledby="dialog-title" oncancel={cancel}>
            <div class="muster-dialog__head">
                <h2 id="dialog-title" class="pf-v6-c-title pf-m-xl">{ props.title.clone() }</h2>
                <Button variant={ButtonVariant::Plain} onclick={close} aria_label="Close">{ icon("times") }</Button>
            </div>
            <div class="muster-dialog__body">{ props.children.clone() }</div>
            if props.actions != Html::default() {
                <div class="muster-dialog__foot">{ props.actions.clone() }</div>
            }
        </dialog>
    }
}
