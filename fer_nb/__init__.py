__version__ = "0.1.0"

import os
import sys
import warnings


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
