"Files as they come out of broken downloads and spreadsheets: never a wrong row, never a hang, never another exception than ours"
import io, warnings
from pathlib import Path
import numpy as np
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image
from fer_nb.data import SIDE, USAGES, read_fer2013
from fer_nb.labels import FerError
from fer_nb.preprocess import read_image

rng = np.random.default_rng(0)
FACES = rng.integers(0, 256, (4, SIDE*SIDE))
ROWS = [f"{i},{' '.join(map(str, f))},{u}" for i,(f,u) in enumerate(zip(FACES, ['Training','PublicTest','PrivateTest','Training']))]
WHOLE = '\n'.join(['emotion,pixels,Usage', *ROWS]) + '\n'
RELAXED = settings(max_examples=60, deadline=5000, suppress_health_check=[HealthCheck.function_scoped_fixture])

def read(path, text):
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_fer2013(path)

@st.composite
def mangled(draw):
    "The whole file with a cut, an insertion, a deletion or a changed byte"
    data = bytearray(WHOLE.encode())
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, max(0, len(data)-1)))
        how = draw(st.sampled_from(['cut','insert','delete','change']))
        if how == 'cut': data = data[:at]
        elif how == 'insert': data[at:at] = draw(st.binary(min_size=1, max_size=20))
        elif how == 'delete': del data[at:at+draw(st.integers(1, 3000))]
        elif data: data[at] = draw(st.integers(0, 255))
    return bytes(data)

@RELAXED
@given(data=mangled())
def test_mangled_csv(tmp_path, data):
    try: ds, problems = read(tmp_path/'f.csv', data)
    except FerError as e:
        assert '\n' not in str(e)
        return
    assert len(ds.images) == len(ds.labels) == len(ds.split) == len(ds.ids) > 0
    assert ds.images.shape[1:] == (SIDE, SIDE) and ds.labels.max() < 7 and ds.split.max() < 3 and len(set(ds.ids)) == len(ds)
    for image, label, split in zip(ds.images, ds.labels, ds.split): # each row that loads is what its line says
        usage = next(u for u,i in USAGES.items() if i == split)
        values = ' '.join(map(str, image.ravel()))
        lines = [' '.join(l.replace('"','').lower().split()) for l in data.decode('utf-8', 'replace').replace('\r','\n').split('\n')]
        assert any(int(label) in _numbers(l.split(',')[0]) and usage in l and _same(l, values) for l in lines), 'a row that is in no line'

def _numbers(text):
    try: return {int(text)}
    except ValueError: return set()

def _same(line, values):
    try: return [int(v) for v in line.split(',')[1].split()] == [int(v) for v in values.split()]
    except (IndexError, ValueError): return False

def legal(column, value): # what the file's own writers put there, blanks aside
    return (v := value.strip()).isascii() and v.isdigit() and int(v) < 7 if column == 'emotion' else column == 'usage' and value.strip().lower() in ('training', 'publictest', 'privatetest')

@RELAXED
@given(column=st.sampled_from(['emotion','pixels','usage']), value=st.text(max_size=30).filter(lambda t: ',' not in t and '"' not in t and '\n' not in t and '\r' not in t))
def test_one_wrong_value_costs_one_row(tmp_path, column, value):
    row = {'emotion': '3', 'pixels': ' '.join(map(str, FACES[0])), 'usage': 'Training'} | {column: value}
    text = WHOLE + f"{row['emotion']},{row['pixels']},{row['usage']}\n"
    ds, problems = read(tmp_path/'f.csv', text)
    if len(ds) == 4: assert [line for line,_ in problems] == [6]
    else: assert len(ds) == 5 and not problems and legal(column, value)
    assert np.array_equal(ds.images[:4].reshape(4,-1), FACES)

@RELAXED
@given(cut=st.floats(0, 1), noise=st.binary(max_size=30), at=st.floats(0, 1), fmt=st.sampled_from(['JPEG','PNG','WEBP','GIF','BMP','TIFF','AVIF','HEIC']))
def test_mangled_picture(cut, noise, at, fmt):
    buf = io.BytesIO()
    if fmt == 'HEIC': buf.write((Path(__file__).parent.parent/'nbs/images/astronaut.heic').read_bytes()) # there is no writer here
    else: Image.fromarray(FACES.astype(np.uint8).reshape(2*SIDE, 2*SIDE)).save(buf, fmt)
    data = bytearray(buf.getvalue()); i = int(at*len(data)); data[i:i+len(noise)] = noise
    data = bytes(data[:max(1, int(len(data)*(.2 + cut)))])
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        try: image = read_image(data)
        except FerError as e: assert '\n' not in str(e); return
    assert image.ndim == 3 and image.shape[2] == 3 and image.dtype == np.uint8 and image.size
