//! A keyboard on the virtual display: its keys reach the app as a person's do, not by way of the driver.

use std::{thread, time::Duration};

use anyhow::{Context as _, Result, ensure};
use x11rb::{
    CURRENT_TIME, NONE,
    connection::Connection as _,
    protocol::{
        xproto::{
            AutoRepeatMode, ChangeKeyboardControlAux, ConnectionExt as _, InputFocus,
            KEY_PRESS_EVENT, KEY_RELEASE_EVENT, MapState,
        },
        xtest::ConnectionExt as _,
    },
    rust_connection::RustConnection,
};

/// Keysyms (X11/keysymdef.h) of keys that have no character.
pub const CONTROL: u32 = 0xffe3;
/// The shift key on the left.
pub const SHIFT: u32 = 0xffe1;
/// The key that ends what is typed.
pub const ENTER: u32 = 0xff0d;
/// The key that leaves a dialog.
pub const ESCAPE: u32 = 0xff1b;
/// The twelfth function key.
pub const F12: u32 = 0xffc9;

/// Between two keys: as a quick typist.
const BETWEEN_KEYS: Duration = Duration::from_millis(15);

/// The keyboard of one display.
pub struct Keyboard {
    display: RustConnection,
    root: u32,
    /// The first key code, how many keysyms each code has, and all keysyms.
    codes: (u8, u8, Vec<u32>),
}

impl Keyboard {
    /// Plugs a keyboard into `display`.
    pub fn plug(display: &str) -> Result<Self> {
        let (display, screen) = x11rb::connect(Some(display))?;
        // A busy machine must not make one key into several
        let once = ChangeKeyboardControlAux::new().auto_repeat_mode(AutoRepeatMode::OFF);
        display.change_keyboard_control(&once)?.check()?;
        let setup = display.setup();
        let root = setup
            .roots
            .get(screen)
            .context("a display has a screen")?
            .root;
        let first = setup.min_keycode;
        let mapping = display
            .get_keyboard_mapping(first, setup.max_keycode - first + 1)?
            .reply()?;
        Ok(Self {
            root,
            codes: (first, mapping.keysyms_per_keycode, mapping.keysyms),
            display,
        })
    }

    /// Types `text`, which is ASCII, into the window that has the focus.
    pub fn type_text(&self, text: &str) -> Result<()> {
        for character in text.chars() {
            ensure!(character.is_ascii(), "no key for {character:?}");
            let (code, shifted) = self.code(u32::from(character))?;
            if shifted {
                self.chord(&[SHIFT], code)?;
            } else {
                self.chord(&[], code)?;
            }
        }
        Ok(())
    }

    /// Presses the key `keysym` while `held` are down.
    pub fn press(&self, held: &[u32], keysym: u32) -> Result<()> {
        self.chord(held, self.code(keysym)?.0)
    }

    /// Gives the focus to the window on the display, as a window manager would.
    pub fn focus_window(&self) -> Result<()> {
        self.focus(self.window()?)
    }

    /// Gives the focus to a dialog that came over the window, as a window manager would. It may be the larger of the two.
    pub fn focus_dialog(&self) -> Result<()> {
        let mut shown = self.shown()?;
        let (_, dialog) = shown.pop().context("no window is shown")?;
        ensure!(!shown.is_empty(), "no dialog is over the window");
        self.focus(dialog)
    }

    /// Takes the focus from every window, as when the person turns to another program.
    pub fn focus_nothing(&self) -> Result<()> {
        self.focus(NONE)
    }

    fn focus(&self, window: u32) -> Result<()> {
        self.display
            .set_input_focus(InputFocus::PARENT, window, CURRENT_TIME)?
            .check()?;
        Ok(())
    }

    /// The largest window that is shown.
    fn window(&self) -> Result<u32> {
        let (_, window) = self
            .shown()?
            .into_iter()
            .max()
            .context("no window is shown")?;
        Ok(window)
    }

    /// Every window that is shown and its area, from the lowest to the uppermost.
    fn shown(&self) -> Result<Vec<(u32, u32)>> {
        let mut all = Vec::new();
        for window in self.display.query_tree(self.root)?.reply()?.children {
            let shown = self.display.get_window_attributes(window)?.reply()?;
            let size = self.display.get_geometry(window)?.reply()?;
            let area = u32::from(size.width) * u32::from(size.height);
            if shown.map_state == MapState::VIEWABLE {
                all.push((area, window));
            }
        }
        Ok(all)
    }

    fn chord(&self, held: &[u32], code: u8) -> Result<()> {
        let held = held
            .iter()
            .map(|keysym| Ok(self.code(*keysym)?.0))
            .collect::<Result<Vec<u8>>>()?;
        for key in held.iter().copied().chain([code]) {
            self.key(KEY_PRESS_EVENT, key)?;
        }
        for key in [code].into_iter().chain(held.iter().rev().copied()) {
            self.key(KEY_RELEASE_EVENT, key)?;
        }
        thread::sleep(BETWEEN_KEYS);
        Ok(())
    }

    fn key(&self, event: u8, code: u8) -> Result<()> {
        self.display
            .xtest_fake_input(event, code, CURRENT_TIME, self.root, 0, 0, 0)?
            .check()?;
        Ok(())
    }

    /// The code that gives `keysym`, and whether with the shift key.
    fn code(&self, keysym: u32) -> Result<(u8, bool)> {
        let (first, width, keysyms) = &self.codes;
        let width = usize::from(*width);
        for column in 0..2_usize {
            let found = keysyms
                .chunks(width)
                .position(|key| key.get(column) == Some(&keysym));
            if let Some(found) = found {
                return Ok((first + u8::try_from(found)?, column == 1));
            }
        }
        anyhow::bail!("the keyboard has no key for {keysym:#x}")
    }
}
