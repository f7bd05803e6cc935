//! How the page looks in this window: its theme, the height of rows, the size of text.

use super::{Radios, Section};
use crate::components::select::Select;
use crate::hooks::{use_density, use_query, use_remembered, use_vcenter_service};
use crate::state::grid::Density;
use contract::command::ShownZoom;
use yew::prelude::*;

/// Sizes of text to choose from, percent.
const SIZES: [u32; 8] = [80, 90, 100, 110, 125, 150, 175, 200];

/// Where the theme is kept; `early.js` reads it before the first paint.
const THEME: &str = "theme";

/// The section.
#[function_component]
pub(super) fn Appearance() -> Html {
    let (theme, change_theme) = use_remembered(THEME);
    let (density, change_density) = use_density();
    let chosen = match theme.as_deref() {
        Some("light") => "light",
        Some("dark") => "dark",
        _ => "system",
    };
    let themes = vec![
        ("system", AttrValue::from("As the system")),
        ("light", AttrValue::from("Light")),
        ("dark", AttrValue::from("Dark")),
    ];
    let densities = vec![
        (Density::Compact.name(), AttrValue::from("Compact")),
        (Density::Comfortable.name(), AttrValue::from("Comfortable")),
    ];
    let choose_density = Callback::from(move |chosen: &'static str| {
        if let Some(density) = Density::from_name(chosen) {
            change_density.emit(density);
        }
    });
    html! {
        <Section id="appearance" title="Appearance">
            <Radios name="theme" legend="Theme" options={themes} {chosen} choose={change_theme.reform(str::to_owned)} is_row=true />
            <Radios name="density" legend="Rows of tables" options={densities} chosen={density.name()}
                choose={choose_density} is_row=true />
            <TextSize />
        </Section>
    }
}

/// The size of text of this window, which its keys change too.
#[function_component]
fn TextSize() -> Html {
    let service = use_vcenter_service();
    let Some(zoom) = use_query(ShownZoom {}).value.map(|zoom| *zoom) else { return Html::default() };
    let mut sizes = SIZES.to_vec();
    if !sizes.contains(&zoom) {
        sizes.push(zoom);
        sizes.sort_unstable();
    }
    let options: Vec<_> = sizes.into_iter().map(|size| (size.to_string(), format!("{size} %"))).collect();
    let choose = Callback::from(move |chosen: String| {
        if let Ok(percent) = chosen.parse() {
            service.set_zoom(percent);
        }
    });
    html! {
        <div class="muster-settings__field">
            <label for="text-size">{ "Text size" }</label>
            <Select id="text-size" class="muster-settings__select" aria_describedby="text-size-help" {options}
                chosen={zoom.to_string()} {choose} />
            <span class="muster-quiet" id="text-size-help">{ "Also with Ctrl +, Ctrl \u{2212} and Ctrl 0." }</span>
        </div>
    }
}
