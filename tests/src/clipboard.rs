//! What lies on a virtual display's clipboard, read as any other program there reads it (ICCCM §2).

use anyhow::{Context as _, Result};
use x11rb::{
    CURRENT_TIME, NONE,
    connection::Connection as _,
    protocol::{
        Event,
        xproto::{AtomEnum, ConnectionExt as _, CreateWindowAux, WindowClass},
    },
};

/// What the clipboard of `display` gives for `target`, such as `UTF8_STRING`; `None` when it has nothing of the kind.
pub fn read(display: &str, target: &str) -> Result<Option<Vec<u8>>> {
    let (display, screen) = x11rb::connect(Some(display))?;
    let root = display
        .setup()
        .roots
        .get(screen)
        .context("a display has a screen")?
        .root;
    let window = display.generate_id()?;
    let nothing = CreateWindowAux::new();
    display.create_window(
        0,
        window,
        root,
        0,
        0,
        1,
        1,
        0,
        WindowClass::INPUT_ONLY,
        0,
        &nothing,
    )?;
    let atom = |name: &str| -> Result<u32> {
        Ok(display.intern_atom(false, name.as_bytes())?.reply()?.atom)
    };
    let (clipboard, target, property) = (atom("CLIPBOARD")?, atom(target)?, atom("READ")?);
    display.convert_selection(window, clipboard, target, property, CURRENT_TIME)?;
    display.flush()?;
    loop {
        let Event::SelectionNotify(answer) = display.wait_for_event()? else {
            continue;
        };
        if answer.property == NONE {
            return Ok(None);
        }
        let held = display
            .get_property(true, window, property, AtomEnum::ANY, 0, u32::MAX / 4)?
            .reply()?;
        return Ok(Some(held.value));
    }
}
