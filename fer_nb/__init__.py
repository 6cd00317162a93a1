"Facial expression recognition from literate notebooks"

__version__ = "0.1.0"

import os
import sys
import warnings
from importlib import import_module


def _silence_onnxruntime():
    "Keep ONNX Runtime from reporting to its maker, in this process and in those it starts"
    # From 1.29 on its wheels look up a host of the maker's and keep a number for this device in
    # the user's cache. They read this variable once, while they are imported, and nothing that is
    # called later stops them. So it is set here: no module of ours is imported before this one.
    loaded = sys.modules.get('onnxruntime')
    version = getattr(loaded, '__version__', '0.0').split('.')
    reports = tuple(int(v) for v in version[:2] if v.isdigit()) >= (1, 29)
    silenced = os.environ.get('ORT_DISABLE_TELEMETRY', '').lower() in ('1', 'true', 'yes', 'on')
    if reports and not silenced:
        warnings.warn(
            'onnxruntime was imported before fer_nb and reports to its maker from this process; '
            'import fer_nb first, or set ORT_DISABLE_TELEMETRY=1',
            stacklevel=3,
        )
    os.environ['ORT_DISABLE_TELEMETRY'] = '1'
    # TensorFlow and JAX switch on a report of Google's TPU driver where nobody says otherwise
    os.environ.setdefault('ENABLE_RUNTIME_UPTIME_TELEMETRY', '0')


_silence_onnxruntime()

# The front door: a name is imported from its module when somebody first asks for it, so
# `import fer_nb` is quick and loads neither OpenCV nor ONNX Runtime.
_HOME = {
    'Recognizer': 'inference.recognize',
    'annotate': 'inference.recognize',
    'analyze_video': 'inference.video',
    'predict_folder': 'inference.batch',
    'load_dataset': 'data.folders',
    'evaluate': 'evaluation.evaluate',
}
__all__ = list(_HOME)


def __getattr__(name):
    if name not in _HOME:
        raise AttributeError(f"module 'fer_nb' has no attribute '{name}'")
    value = getattr(import_module(f'fer_nb.{_HOME[name]}'), name)
    globals()[name] = value
    return value


def __dir__():
    return sorted([*globals(), *_HOME])
