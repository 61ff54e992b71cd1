//! Looks at the screen of an X11 desktop, so that a code in another window can be read from it.
//!
//! Our own window steps aside for that moment. Nothing of the picture is kept, and none of it crosses to the window: the
//! engine reads the codes from it. Where a display does not let a program look (Wayland), this is not offered.

use std::{env, error::Error, io::Cursor, thread, time::Duration};

use image::{GrayImage, ImageFormat, Luma};
use raw_window_handle::{HasWindowHandle as _, RawWindowHandle};
use tauri::{AppHandle, Manager as _, WebviewWindow};
use x11rb::{
    connection::Connection as _,
    image::{Image, PixelLayout},
    protocol::xproto::{ConnectionExt as _, MapState, Screen},
};

use crate::{presence::Presence, window};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// How often the display is asked whether our window is gone.
const EVERY: Duration = Duration::from_millis(10);

/// How long our window may take to go; after that the picture is taken all the same.
const GOING: Duration = Duration::from_secs(1);

/// How long compositors take to fade a window out and to paint what was behind it.
const FADING: Duration = Duration::from_millis(300);

/// Whether this display lets the app look at it.
pub(crate) fn can_be_read(app: &AppHandle) -> bool {
    app.get_webview_window(window::MAIN)
        .is_some_and(|window| on_x11(&window).is_some())
}

/// The whole screen without our window, as a PNG file. Blocks for half a second or more.
pub(crate) fn read(app: &AppHandle) -> Outcome<Vec<u8>> {
    let window = app
        .get_webview_window(window::MAIN)
        .ok_or("there is no window")?;
    let number = on_x11(&window).ok_or("this display cannot be read")?;
    app.state::<Presence>().aside(|| {
        window.hide()?;
        let picture = gone(number).and_then(|()| picture());
        window.show()?;
        // A window manager may refuse; the window is there all the same
        let _ = window.set_focus();
        picture
    })
}

/// The window's number on an X11 display; `None` on any other, and where X11 is only imitated by Wayland.
fn on_x11(window: &WebviewWindow) -> Option<u32> {
    if env::var_os("WAYLAND_DISPLAY").is_some_and(|name| !name.is_empty()) {
        return None;
    }
    match window.window_handle().ok()?.as_raw() {
        RawWindowHandle::Xlib(handle) => u32::try_from(handle.window).ok(),
        _ => None,
    }
}

/// Waits until the display shows the window no more.
fn gone(number: u32) -> Outcome<()> {
    let (display, _) = x11rb::connect(None)?;
    let mut waited = Duration::ZERO;
    while display.get_window_attributes(number)?.reply()?.map_state != MapState::UNMAPPED
        && waited < GOING
    {
        thread::sleep(EVERY);
        waited += EVERY;
    }
    thread::sleep(FADING);
    Ok(())
}

fn picture() -> Outcome<Vec<u8>> {
    let (display, number) = x11rb::connect(None)?;
    let screen = display
        .setup()
        .roots
        .get(number)
        .ok_or("the display has no such screen")?;
    let (width, height) = (screen.width_in_pixels, screen.height_in_pixels);
    let (pixels, visual) = Image::get(&display, screen.root, 0, 0, width, height)?;
    let layout = layout(screen, visual)?;
    let mut grey = GrayImage::new(width.into(), height.into());
    for y in 0..height {
        for x in 0..width {
            grey.put_pixel(
                x.into(),
                y.into(),
                luma(layout.decode(pixels.get_pixel(x, y))),
            );
        }
    }
    let mut file = Cursor::new(Vec::new());
    grey.write_to(&mut file, ImageFormat::Png)?;
    Ok(file.into_inner())
}

fn layout(screen: &Screen, visual: u32) -> Outcome<PixelLayout> {
    let visual = screen
        .allowed_depths
        .iter()
        .flat_map(|depth| &depth.visuals)
        .find(|known| known.visual_id == visual)
        .ok_or("the screen's pixels are not described")?;
    Ok(PixelLayout::from_visual_type(*visual)?)
}

/// Brightness of a pixel of 16 bits each (ITU-R BT.709, in 256ths).
fn luma((red, green, blue): (u16, u16, u16)) -> Luma<u8> {
    let sum = u32::from(red) * 54 + u32::from(green) * 183 + u32::from(blue) * 19;
    Luma([u8::try_from(sum >> 16).unwrap_or(u8::MAX)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pixel_is_as_bright_as_it_looks() {
        let max = u16::MAX;
        assert_eq!(luma((0, 0, 0)), Luma([0]));
        assert_eq!(luma((max, max, max)), Luma([255]));
        assert_eq!(luma((max, 0, 0)), Luma([53]));
        assert_eq!(luma((0, max, 0)), Luma([182]));
        assert_eq!(luma((0, 0, max)), Luma([18]));
    }
}
