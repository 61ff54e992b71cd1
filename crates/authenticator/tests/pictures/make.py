"""Makes the hard pictures beside it: pip install pillow numpy qrcode; python make.py

Each shows the same code as a person might photograph it. The random numbers are seeded, so the pictures come out alike.
"""
import numpy as np
import qrcode
from PIL import Image, ImageFilter, ImageOps

TEXT = "https://confirm.example.org/activate#WXKFH1vH81s2cgU1N1d1"
rng = np.random.default_rng(4226)


def code(pixels=10, border=4):
    made = qrcode.QRCode(box_size=pixels, border=border, error_correction=qrcode.constants.ERROR_CORRECT_M)
    made.add_data(TEXT)
    return made.make_image().convert("L")


def desk(size=(900, 700), shade=150):
    return Image.fromarray(np.clip(rng.normal(shade, 12, (size[1], size[0])), 0, 255).astype("uint8"))


def noisy(picture, spread=14):
    grey = np.asarray(picture, dtype=float)
    return Image.fromarray(np.clip(grey + rng.normal(0, spread, grey.shape), 0, 255).astype("uint8"))


def seen_from_the_side(picture, corners, size=(900, 700), shade=150):
    """Maps the picture onto four corners: upper left, upper right, lower right, lower left."""
    w, h = picture.size
    rows = []
    for (x, y), (u, v) in zip(corners, [(0, 0), (w, 0), (w, h), (0, h)]):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y])
    target = np.array([[0, 0], [w, 0], [w, h], [0, h]], dtype=float).ravel()
    matrix = np.linalg.solve(np.array(rows, dtype=float), target)
    moved = picture.transform(size, Image.Transform.PERSPECTIVE, matrix, Image.Resampling.BICUBIC, fillcolor=0)
    mask = Image.new("L", picture.size, 255).transform(size, Image.Transform.PERSPECTIVE, matrix, fillcolor=0)
    return Image.composite(moved, desk(size, shade), mask)


def glare(picture, at, radius, strength):
    y, x = np.mgrid[0 : picture.height, 0 : picture.width]
    light = strength * np.exp(-(((x - at[0]) ** 2 + (y - at[1]) ** 2) / (2 * radius**2)))
    return Image.fromarray(np.clip(np.asarray(picture, dtype=float) + light, 0, 255).astype("uint8"))


def on_a_screen(picture):
    """The raster of a display: dark gaps between its rows and columns."""
    grey = np.asarray(picture, dtype=float)
    grey[::3, :] *= 0.72
    grey[:, ::3] *= 0.85
    return Image.fromarray(grey.astype("uint8"))


def laid_on_desk(picture, at):
    table = desk()
    table.paste(picture, at)
    return table


def sweep(picture, length=9):
    """The hand moved sideways while the picture was taken."""
    grey = np.asarray(picture, dtype=float)
    return Image.fromarray((sum(np.roll(grey, by, axis=1) for by in range(length)) / length).astype("uint8"))


def shadow(picture):
    fall = np.linspace(1.0, 0.28, picture.width)[None, :]
    return Image.fromarray((np.asarray(picture, dtype=float) * fall).astype("uint8"))


square = code()
pictures = {
    "rotated": laid_on_desk(square, (200, 120)).rotate(33, Image.Resampling.BICUBIC, fillcolor=150),
    "upside-down": noisy(laid_on_desk(square, (240, 130)).rotate(180)),
    "blurred": laid_on_desk(square, (240, 130)).filter(ImageFilter.GaussianBlur(4.2)),
    "shaken": sweep(laid_on_desk(square, (240, 130))),
    "perspective": noisy(seen_from_the_side(square, [(150, 90), (700, 190), (640, 610), (230, 560)])),
    "steep": noisy(seen_from_the_side(square, [(300, 60), (620, 200), (600, 520), (260, 660)]), 8),
    "glare": glare(on_a_screen(seen_from_the_side(square, [(180, 100), (690, 130), (670, 610), (200, 600)])), (640, 150), 95, 190),
    "inverted": noisy(ImageOps.invert(laid_on_desk(square, (240, 130)))),
    "dark": noisy(Image.fromarray((np.asarray(shadow(laid_on_desk(square, (240, 130))), dtype=float) * 0.45).astype("uint8")), 5),
    "small": noisy(seen_from_the_side(code(4), [(420, 300), (566, 318), (560, 462), (410, 450)]), 6),
}
for number, (name, picture) in enumerate(pictures.items(), 1):
    picture.convert("L").save(f"{number:02}-{name}.jpg", quality=72)
Image.fromarray(np.full((300, 400), 200, dtype="uint8")).save("no-code.png")
two = desk((1000, 520), 225)
two.paste(code(8), (30, 60))
other = qrcode.QRCode(box_size=8, border=4)
other.add_data("otpauth://totp/Library:a.lindqvist?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Library")
two.paste(other.make_image().convert("L"), (520, 40))
two.save("two-codes.png", optimize=True)
