"""Makes the odd files beside it: pip install pillow qrcode; python make_odd.py

The same code as in the hard pictures, in kinds of file that phones, printers and chats make.
"""
import qrcode
from PIL import Image

TEXT = "https://confirm.example.org/activate#WXKFH1vH81s2cgU1N1d1"
made = qrcode.QRCode(box_size=3, border=4, error_correction=qrcode.constants.ERROR_CORRECT_L)
made.add_data(TEXT)
code = made.make_image().convert("L")
blank = Image.new("L", code.size, 255)

code.convert("CMYK").save("odd-cmyk.jpg", quality=60)
code.convert("RGB").save("odd-progressive.jpg", quality=60, progressive=True)

# Held upright, as a phone notes it: the pixels lie on their side and the note says how to turn them
for orientation in (3, 6, 7):
    exif = Image.Exif()
    exif[0x0112] = orientation
    turned = {3: code.rotate(180), 6: code.rotate(90), 7: code.transpose(Image.Transpose.TRANSVERSE)}[orientation]
    turned.save(f"odd-exif-{orientation}.jpg", quality=60, exif=exif)

deep = Image.new("I;16", code.size)
deep.putdata([value * 257 for value in code.getdata()])
deep.save("odd-16-bit.png")
code.convert("1").save("odd-1-bit.png")

# Dark ink on nothing: what is transparent counts as paper
clear = Image.new("RGBA", code.size, (0, 0, 0, 0))
clear.paste((20, 20, 60, 255), mask=code.point(lambda value: 255 - value))
clear.save("odd-transparent.png", optimize=True)

code.save("odd-lossless.webp", lossless=True)
code.convert("RGB").save("odd-lossy.webp", quality=40)
code.convert("RGB").save("odd-moving.webp", save_all=True, append_images=[blank.convert("RGB")], duration=500, quality=40)
code.save("odd-moving.gif", save_all=True, append_images=[blank], duration=500)
code.resize((code.width // 3, code.height // 3), Image.Resampling.NEAREST).save("odd-tiny.png")
