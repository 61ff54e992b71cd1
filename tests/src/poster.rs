//! A picture on the virtual display, behind every other window, as another program would show it.

use anyhow::{Context as _, Result};
use image::{GrayImage, Luma};
use qrcode::QrCode;
use x11rb::{
    connection::Connection as _,
    image::{BitsPerPixel, Image, ImageOrder, ScanlinePad},
    protocol::xproto::{
        ConfigureWindowAux, ConnectionExt as _, CreateGCAux, CreateWindowAux, StackMode,
        WindowClass,
    },
    rust_connection::RustConnection,
};

/// A window with a QR code; gone when dropped.
pub struct Poster {
    _display: RustConnection,
}

impl Poster {
    /// Shows `text` as a QR code behind the windows of `display`, `from` pixels from its upper left corner.
    pub fn hang(display: &str, text: &str, from: (i16, i16)) -> Result<Self> {
        let picture = QrCode::new(text)?
            .render::<Luma<u8>>()
            .module_dimensions(6, 6)
            .build();
        let (display, number) = x11rb::connect(Some(display))?;
        let screen = display
            .setup()
            .roots
            .get(number)
            .context("a display has a screen")?;
        let (root, depth) = (screen.root, screen.root_depth);
        let image = pixels(&picture, depth)?;
        let (width, height) = (image.width(), image.height());
        // As the window's background the display paints it by itself, whenever it comes into sight
        let pixmap = display.generate_id()?;
        display.create_pixmap(depth, pixmap, root, width, height)?;
        let pen = display.generate_id()?;
        display.create_gc(pen, pixmap, &CreateGCAux::new())?;
        for drawn in image
            .native(display.setup())?
            .put(&display, pixmap, pen, 0, 0)?
        {
            drawn.check()?;
        }
        let window = display.generate_id()?;
        let looks = CreateWindowAux::new()
            .override_redirect(1)
            .background_pixmap(pixmap);
        display.create_window(
            depth,
            window,
            root,
            from.0,
            from.1,
            width,
            height,
            0,
            WindowClass::INPUT_OUTPUT,
            0,
            &looks,
        )?;
        let behind = ConfigureWindowAux::new().stack_mode(StackMode::BELOW);
        display.configure_window(window, &behind)?;
        display.map_window(window)?.check()?;
        Ok(Self { _display: display })
    }
}

/// `picture` as the pixels of a display with eight bits for each colour.
fn pixels(picture: &GrayImage, depth: u8) -> Result<Image<'static>> {
    let mut image = Image::allocate(
        u16::try_from(picture.width())?,
        u16::try_from(picture.height())?,
        ScanlinePad::Pad32,
        depth,
        BitsPerPixel::B32,
        ImageOrder::LsbFirst,
    );
    for (x, y, Luma([level])) in picture.enumerate_pixels() {
        image.put_pixel(
            u16::try_from(x)?,
            u16::try_from(y)?,
            u32::from(*level) * 0x01_01_01,
        );
    }
    Ok(image)
}
