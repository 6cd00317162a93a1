# %% [markdown]
# # recognize
#
# > From a picture to named expressions

# %%
#| default_exp recognize

# %%
#| export
from dataclasses import dataclass, field
import numpy as np
from fer_nb.labels import Emotion, with_icons
from fer_nb.preprocess import boxes_input, read_image
from fer_nb.detect import load_detector
from fer_nb.runtime import OnnxModel

# %%
#| hide
from fastcore.test import test_eq, test_fail, test_close
import json, subprocess, sys, tempfile
from pathlib import Path
from PIL import Image
from skimage.data import astronaut
import cv2
import matplotlib.pyplot as plt
from fer_nb.detect import Face
from fer_nb.labels import EMOTIONS


# %% [markdown]
# ## One row a face

# %%
#| export
@dataclass(frozen=True)
class Recognition:
    "What was seen in one face"
    box:tuple            # x, y, width, height of the face, pixels of the full picture
    score:float          # The detector's own, see `Face`
    label:str            # The most probable class
    confidence:float     # Its probability, 0 to 1
    probabilities:dict   # Label -> probability; they sum to 1
    emotion:Emotion=field(repr=False)  # How the label is shown: emoji, color, words
    landmarks:np.ndarray|None=field(default=None, repr=False) # 5×2 pixels, where the detector gives them
    sure:bool=True       # False where the confidence is under the recognizer's threshold
    flags:tuple=()       # Why not to trust the answer: 'small', 'blurred'

    @property
    def emoji(self)->str: return self.emotion.emoji

    @property
    def shown(self)->str: return self.label if self.sure else 'not sure'

    def to_dict(self)->dict:
        "Plain numbers and strings, ready for JSON"
        return {'box': list(self.box), 'score': self.score, 'label': self.label, 'confidence': self.confidence, 'probabilities': self.probabilities,
                'sure': self.sure, 'flags': list(self.flags)}


# %% [markdown]
# A picture has any number of faces, none included, so the answer is a list. It knows how to be a table.

# %%
#| export
class Recognitions(list):
    "The faces of one picture, best detector score first"
    def to_dicts(self)->list: return [r.to_dict() for r in self]

    def to_frame(self):
        "A pandas DataFrame: one row a face, one column a class; empty where there is no face"
        import pandas as pd
        rows = [dict(face=i, **dict(zip(('x','y','w','h'), r.box)), score=r.score, label=r.label, confidence=r.confidence, **r.probabilities, sure=r.sure, flags=' '.join(r.flags)) for i,r in enumerate(self)]
        return pd.DataFrame(rows) if rows else pd.DataFrame(columns=['face','x','y','w','h','score','label','confidence'])

    def _repr_html_(self):
        table = self.to_frame().round(3)
        table.insert(0, '', [r.emotion.html for r in self])
        return table.to_html(index=False, escape=False)


# %%
r = Recognition((1,2,3,4), .9, 'happy', .8, {'happy':.8,'sad':.2}, EMOTIONS['happy'])
test_eq(Recognitions([r]).to_frame().columns.tolist(), ['face','x','y','w','h','score','label','confidence','happy','sad','sure','flags'])
test_eq(len(Recognitions().to_frame()), 0)
test_eq(json.loads(json.dumps(r.to_dict()))['box'], [1,2,3,4])
test_eq(r.emoji, '😄')

# %% [markdown]
# ## When not to trust it
#
# A face of few pixels, or a blurred one, gets an answer that is often wrong. The limits are where the accuracy of the model that ships has dropped by more than five points on validation
# (`benchmarks/flags.py` writes the figures to `benchmarks/flags.json`).

# %%
#| export
SMALL_FACE = 32 # pixels: the shorter side of a face box under which it is flagged
BLURRED = .25   # `sharpness` under which a face is flagged

def sharpness(
    face:np.ndarray, # H×W×C float32, 0 to 255: a network's input
)->float:            # About 0.8 for a FER2013 face; 0 for a flat one
    "How much of a face's contrast is in its finest detail: spread of its Laplacian over its own (after Pech-Pacheco et al. 2000)"
    gray = face.mean(axis=2)
    edges = gray[:-2,1:-1] + gray[2:,1:-1] + gray[1:-1,:-2] + gray[1:-1,2:] - 4*gray[1:-1,1:-1]
    return float(edges.std()/(gray.std() + 1))

def face_flags(
    box:tuple,       # x, y, width, height in pixels
    face:np.ndarray, # H×W×C float32, the input made from it
)->tuple:            # Of 'small', 'blurred'; empty for a face that can be judged
    "Say why an answer should not be trusted"
    return ('small',)*(min(box[2:]) < SMALL_FACE) + ('blurred',)*(sharpness(face) < BLURRED)


# %%
photo = boxes_input(astronaut(), [(173,68,95,128)])[0]
test_eq(face_flags((173,68,95,128), photo), ())
test_eq(face_flags((0,0,20,24), photo), ('small',))
test_eq(face_flags((0,0,90,90), cv2.GaussianBlur(photo, (0,0), 2)[...,None]), ('blurred',))


# %% [markdown]
# ## The recognizer
#
# It holds a detector and a model. All faces of a picture go through the network in one batch. The first prediction of a fresh network is slow, so loading
# makes one that nobody waits for.

# %%
#| export
class Recognizer:
    "Pictures in, expressions out"
    def __init__(self,
        model:OnnxModel,
        detector='auto',      # "auto", "yunet", "haar", or a callable: picture -> list of `Face`
        labels:str|None=None, # Which output of the model; its first if None
        icons=None,           # Folder of PNG files that stand for emojis, see `with_icons`
        threshold:float=0.,   # Confidence under which the answer is "not sure", 0 to 1
    ):
        self.model, self.detector, self.label_set, self.threshold = model, load_detector(detector), with_icons(model.spec.label_set(labels), icons), threshold
        self.model.probabilities(np.zeros((1, *model.spec.preprocess.shape), np.float32)) # warm up

    @classmethod
    def load(cls,
        name_or_path=None,    # Name of a model, or path of its folder; the default model if None
        detector='auto',
        labels:str|None=None,
        icons=None,           # Folder of PNG files that stand for emojis
        threads:int=0,        # Cores to use at the most; 0 leaves it to ONNX Runtime
        threshold:float=0.,   # Confidence under which the answer is "not sure"
    )->'Recognizer':
        "Load model and detector; raises `ModelError`, `DetectorError`, `LabelError`"
        return cls(OnnxModel(name_or_path, threads), detector, labels, icons, threshold)

    def __call__(self,
        image,                # Path, bytes, Pillow image or uint8 RGB array
    )->Recognitions:
        "Name the expression of every face; raises `ImageError`"
        image = read_image(image)
<<<<<<< ours
        faces = self.detector(image)
        inputs = boxes_input(image, [f.box for f in faces], self.model.spec.preprocess, [f.landmarks for f in faces])
        probabilities = self.model.probabilities(inputs, self.label_set.name)
        return Recognitions(self._row(f, p, face_flags(f.box, x)) for f,p,x in zip(faces, probabilities, inputs))
=======
        return self.many([image], [self.detector(image)])[0]

    def many(self,
        images,               # Pictures, H×W×3 uint8 RGB
        faces,                # For each a list of `Face`
    )->list:                  # For each its `Recognitions`, in the order of its faces
        "Name the expressions of faces that were found before, those of all pictures in one batch"
        pre = self.model.spec.preprocess
        batch = np.concatenate([boxes_input(im, [f.box for f in found], pre, [f.landmarks for f in found]) for im,found in zip(images, faces)])
        answers = iter(self.model.probabilities(batch, self.label_set.name))
        return [Recognitions(self._row(f, next(answers)) for f in found) for found in faces]
>>>>>>> theirs

    def _row(self, face, p, flags=()): # a Face, its probabilities and flags -> Recognition
        by_label = {l: round(float(v), 6) for l,v in zip(self.label_set, p)}
        best = max(by_label, key=by_label.get)
        return Recognition(face.box, face.score, best, by_label[best], by_label, self.label_set.emotion(best), face.landmarks, by_label[best] >= self.threshold, flags)


# %% [markdown]
# The astronaut smiles. With the detector that is always there:

# %%
recognizer = Recognizer.load('mini_xception', detector='haar')
found = recognizer(astronaut())
test_eq(found[0].label, 'happy')
found

# %%
#| hide
test_close(sum(found[0].probabilities.values()), 1, eps=1e-4)
careful = Recognizer.load('mini_xception', 'haar', threshold=.999)(astronaut())[0]
test_eq((careful.label, careful.sure, careful.shown, found[0].sure, found[0].shown), ('happy', False, 'not sure', True, 'happy'))
test_eq(found[0].confidence, max(found[0].probabilities.values()))
test_eq(recognizer(np.zeros((60,60,3), np.uint8)), [])                    # no face is an answer
box = [Face(found[0].box, found[0].score)]; test_eq(recognizer.many([astronaut(), astronaut()[:9], astronaut()], [box, [], box])[2][0].probabilities, found[0].probabilities)
test_eq(recognizer(Image.fromarray(astronaut()))[0].label, 'happy')
two = np.hstack([astronaut(), astronaut()[:,::-1]]); test_eq([r.label for r in recognizer(two)][:2], ['happy','happy'])
test_fail(lambda: recognizer(b'no picture'), contains='not a picture')
test_fail(lambda: Recognizer.load('nobody', 'haar'), contains="no model 'nobody'")
test_fail(lambda: Recognizer.load(detector='haar', labels='ferplus'), contains="no output 'ferplus'")
whole = Recognizer.load(detector=lambda im: [Face((0,0,im.shape[1],im.shape[0]), 1.)])   # any callable is a detector
test_eq(whole(np.full((48,48), 9, np.uint8))[0].box, (0,0,48,48))
code = "import sys, fer_nb.recognize; print([m for m in ('tensorflow','keras','pandas','matplotlib') if m in sys.modules])"
test_eq(subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True).stdout.strip(), '[]')


# %% [markdown]
# ## Draw it
#
# Boxes, labels and confidences on a copy of the picture, in each emotion's color, with lines and letters that grow with the picture.

# %%
#| export
def _draw_face(im, draw, r, unit, font, icon): # in place: one face on a Pillow image
    x, y, w, h = r.box
    text, top = f'{r.shown} {r.confidence:.0%}', max(0, r.box[1]-round(unit*1.3))
    draw.rectangle((x, y, x+w, y+h), outline=r.emotion.color, width=max(2, unit//8))
    left = x + (round(unit*1.3) if icon else 0)
    box = draw.textbbox((left, top), text, font=font)
    draw.rectangle((x-2, box[1]-2, box[2]+2, box[3]+2), fill=r.emotion.color)
    draw.text((left, top), text, fill='white' if r.emotion.color == '#0072B2' else 'black', font=font)
    if icon: im.paste(icon, (x, top), icon)

def annotate(
    image,                      # Anything `read_image` takes
    recognitions:Recognitions,
)->np.ndarray:                  # H×W×3 uint8, RGB, a new array
    "Draw box, label and confidence of every face"
    from PIL import Image, ImageDraw, ImageFont
    im = Image.fromarray(read_image(image))
    draw, unit = ImageDraw.Draw(im), max(10, min(im.size)//28)
    side = round(unit*1.2)
    for r in recognitions:
        icon = Image.open(r.emotion.icon).convert('RGBA').resize((side, side)) if r.emotion.icon else None
        _draw_face(im, draw, r, unit, ImageFont.load_default(unit), icon)
    return np.array(im)


# %%
drawn = annotate(astronaut(), found)
test_eq(drawn.shape, astronaut().shape); assert (drawn != astronaut()).any()
plt.figure(figsize=(3,3)); plt.imshow(drawn); plt.axis('off');

# %%
#| hide
with tempfile.TemporaryDirectory() as d:
    Image.new('RGBA', (9,9), (1,2,3,255)).save(Path(d)/'happy.png')
    marked = Recognizer.load('mini_xception', 'haar', icons=d)(astronaut())
    with_icon = annotate(astronaut(), marked); assert 'data:image/png;base64' in marked._repr_html_() and '😄' in found._repr_html_()
x, y, *_ = found[0].box
assert (with_icon == (1,2,3)).all(axis=2).any() and not (drawn == (1,2,3)).all(axis=2).any()
