"""Build the package from settings.ini, the one source of its metadata.

The extras and the files that ship inside are computed here.
"""

import json
import shutil
from configparser import ConfigParser
from pathlib import Path
from setuptools import find_packages, setup
from setuptools.command.build_py import build_py

HERE = Path(__file__).parent
config = ConfigParser(delimiters=['='])
config.read(HERE / 'settings.ini', encoding='utf-8')
cfg = config['DEFAULT']


def lines(key):
    return [line for line in cfg[key].splitlines() if line.strip()]


class BuildWithModels(build_py):
    "Copy the app's notebook and the models that serve people into the wheel, Keras weights apart"

    parts = ('model.onnx', 'model.json', 'metrics.json', '*.csv', 'README.md')
    too_large = json.loads(
        (HERE / 'fer_nb/core/fetchable.json').read_text()
    )  # fer-nb fetch gets them

    def run(self):
        super().run()
        if self.editable_mode:
            return  # then they are found in the repository itself
        package = Path(self.build_lib) / cfg['lib_name']
        carried = {HERE / 'nbs/app.ipynb': package / 'app.ipynb'}
        for weights in HERE.glob('models/*/model.onnx'):
            if weights.parent.name not in self.too_large:
                carried |= {
                    f: package / 'models' / weights.parent.name / f.name
                    for part in self.parts
                    for f in weights.parent.glob(part)
                }
        for src, dst in carried.items():
            dst.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(src, dst)


setup(
    name=cfg['lib_name'],
    version=cfg['version'],
    description=cfg['description'],
    keywords=cfg['keywords'].split(),
    long_description=(HERE / 'README.md').read_text(encoding='utf-8')
    if (HERE / 'README.md').exists()
    else '',
    long_description_content_type='text/markdown',
    author=cfg['author'],
    author_email=cfg['author_email'],
    license='MIT',
    url=cfg['git_url'],
    python_requires=f">={cfg['min_python']}",
    packages=find_packages(include=[cfg['lib_name'], f"{cfg['lib_name']}.*"]),
    package_data={
        cfg['lib_name']: [
            'app/static/**/*',
            'core/fonts/*',
            'core/*.json',
            'evaluation/static/*',
            'evaluation/templates/*',
            'data/templates/*',
            'evaluation/*.json',
            'py.typed',
        ]
    },
    include_package_data=False,
    install_requires=lines('requirements'),
    extras_require={
        'train': lines('train_requirements') + lines('making_requirements'),
        'jax': lines('jax_requirements') + lines('making_requirements'),
        **{
            name: lines(f'{name}_requirements')
            for name in ('parquet', 'cluster', 'serve', 'desktop')
        },
        'dev': [
            r
            for name in ('dev', 'making', 'parquet', 'cluster', 'serve', 'desktop')
            for r in lines(f'{name}_requirements')
        ],
    },
    entry_points={
        'console_scripts': lines('console_scripts'),
        'nbdev': [f"{cfg['lib_name']}={cfg['lib_name']}._modidx:d"],
    },
    cmdclass={'build_py': BuildWithModels},
    zip_safe=False,
    classifiers=[
        'License :: OSI Approved :: MIT License',
        'Programming Language :: Python :: 3',
        'Topic :: Scientific/Engineering :: Image Recognition',
    ],
)
