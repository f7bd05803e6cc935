//! Where a list to import comes from: a file, or a text that was pasted.
//! Refuses to read what is in it: the service says what it is.

use crate::components::configuration::field::Field as Group;
use contract::Content;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};
use yew::{platform::spawn_local, prelude::*};

/// What is to be imported.
#[derive(Clone, Default, PartialEq)]
pub(crate) enum Source {
    #[default]
    Nothing,
    Pasted(String),
    /// A file of which nothing is there yet.
    Reading,
    File(Rc<Vec<u8>>),
    /// A file that can't be taken, and why.
    Unread(&'static str),
}

impl Source {
    pub(crate) fn content(&self) -> Option<Content> {
        match self {
            Source::Nothing | Source::Reading | Source::Unread(_) => None,
            Source::Pasted(text) => Some(Content(text.clone().into_bytes())),
            Source::File(bytes) => Some(Content(bytes.to_vec())),
        }
    }
}

/// What is chosen from.
#[derive(Clone)]
pub(crate) struct Picker {
    pub(crate) source: UseStateHandle<Source>,
    /// Told before another thing takes the place of what there was.
    picked: Callback<()>,
    /// The field of the file, which shows the name of one.
    file: NodeRef,
    /// Counts what was chosen: a file that is read by the time another thing was chosen is none of it.
    picks: Rc<RefCell<u32>>,
}

#[hook]
pub(crate) fn use_picker(picked: Callback<()>) -> Picker {
    let source = use_state_eq(Source::default);
    use_effect_with((), |()| crate::components::keys::focus("import-file"));
    Picker { source, picked, file: use_node_ref(), picks: use_mut_ref(|| 0) }
}

impl Picker {
    /// Takes it in the place of what there was; answers which choice that is.
    fn pick(&self, source: Source) -> u32 {
        self.picked.emit(());
        self.source.set(source);
        *self.picks.borrow_mut() += 1;
        *self.picks.borrow()
    }
}

/// What is said about the fields.
pub(crate) struct Words {
    pub(crate) file: &'static str,
    pub(crate) accept: &'static str,
    pub(crate) text: &'static str,
    pub(crate) text_help: &'static str,
}

/// The fields.
pub(crate) fn chooser(picker: &Picker, busy: bool, words: &Words) -> Html {
    let source = &picker.source;
    let take = {
        let picker = picker.clone();
        Callback::from(move |event: Event| {
            let input = event.target().and_then(|target| target.dyn_into::<HtmlInputElement>().ok());
            let Some(file) = input.and_then(|input| input.files()?.get(0)) else { return };
            if file.size() > Content::LARGEST as f64 {
                picker.pick(Source::Unread("The file is larger than 32 MiB."));
                return;
            }
            let picked = picker.pick(Source::Reading);
            let picker = picker.clone();
            spawn_local(async move {
                let read = match JsFuture::from(file.array_buffer()).await {
                    Ok(bytes) => Source::File(Rc::new(js_sys::Uint8Array::new(&bytes).to_vec())),
                    Err(_) => Source::Unread("The file could not be read."),
                };
                if *picker.picks.borrow() == picked {
                    picker.source.set(read);
                }
            });
        })
    };
    let paste = {
        let picker = picker.clone();
        Callback::from(move |event: InputEvent| {
            let area = event.target().and_then(|target| target.dyn_into::<HtmlTextAreaElement>().ok());
            if let Some(text) = area.map(|area| area.value()) {
                picker.pick(if text.trim().is_empty() { Source::Nothing } else { Source::Pasted(text) });
                // What it names is read no more.
                if let Some(file) = picker.file.cast::<HtmlInputElement>() {
                    file.set_value("");
                }
            }
        })
    };
    let wrong = if let Source::Unread(why) = &**source { Some(AttrValue::Static(why)) } else { None };
    let pasted = if let Source::Pasted(text) = &**source { text.clone() } else { String::new() };
    html! {
        <div class="pf-v6-c-form">
            <Group id="import-file" label="File" {wrong} help={words.file}>
                <input type="file" id="import-file" ref={picker.file.clone()} disabled={busy} onchange={take}
                    accept={words.accept} aria-describedby="import-file-said" />
            </Group>
            <Group id="import-text" label={words.text} help={words.text_help}>
                <span class="pf-v6-c-form-control pf-m-textarea">
                    <textarea id="import-text" rows="3" disabled={busy} oninput={paste} value={pasted} spellcheck="false"
                        aria-describedby="import-text-said" />
                </span>
            </Group>
        </div>
    }
}
