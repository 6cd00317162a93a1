"""Make what labels on pictures are drawn with, into fer_nb/core/fonts: two small fonts that hold
just the letters of our words in Chinese, Japanese and Hindi, and one PNG an emotion.

python tools/make_fonts.py DroidSansFallbackFull.ttf Lohit-Devanagari.ttf NotoColorEmoji.ttf
(from Debian's packages fonts-droid-fallback, fonts-lohit-deva and fonts-noto-color-emoji; needs
fonttools, which matplotlib brings)
"""

import sys
from pathlib import Path
from fontTools import subset
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont
from fer_nb.core.emotions import EMOTIONS

OUT = Path(__file__).resolve().parent.parent / 'fer_nb/core/fonts'
LATIN = ''.join(map(chr, range(32, 127)))


def letters(*languages):
    "All letters of the words of some languages, and plain Latin ones for numbers"
    return LATIN + ''.join(e.words[code] for e in EMOTIONS.values() for code in languages)


def make_font(source, name, *languages):
    "Cut a font down to those letters, under a name of its own"
    options = subset.Options(layout_features=['*'], hinting=False, notdef_outline=True)
    font = subset.load_font(source, options)
    cutter = subset.Subsetter(options)
    cutter.populate(text=letters(*languages))
    cutter.subset(font)
    for record in font['name'].names:
        if record.nameID in (1, 3, 4, 6, 16):
            record.string = f'FerNb{name}'
    path = OUT / f'{name}.ttf'
    subset.save_font(font, path, options)
    print(path, path.stat().st_size, 'bytes;', len(TTFont(path).getBestCmap()), 'letters')


def make_emojis(source, side=64):
    "Draw each emotion's emoji as a PNG"
    font = ImageFont.truetype(source, 109)  # the one size this font has
    for e in EMOTIONS.values():
        im = Image.new('RGBA', (136, 128))
        ImageDraw.Draw(im).text((0, 0), e.emoji, font=font, embedded_color=True)
        im.crop(im.getbbox()).resize((side, side), Image.LANCZOS).quantize(
            128, method=Image.Quantize.FASTOCTREE
        ).save(OUT / f'{e.name}.png', optimize=True)


if __name__ == '__main__':
    OUT.mkdir(exist_ok=True)
    cjk, devanagari, emoji = sys.argv[1:]
    make_font(cjk, 'cjk', 'zh', 'ja')
    make_font(devanagari, 'devanagari', 'hi')
    make_emojis(emoji)
