# Many users who sign in, each with the app and JupyterLab of their own: JupyterHub on a Linux server with systemd. As root:
#   python3 -m venv /opt/fer_nb
#   /opt/fer_nb/bin/pip install /path/to/fer_nb jupyterlab 'jupyterhub>=5.2,<6' 'jupyterhub-nativeauthenticator>=1.3,<2' 'jupyterhub-systemdspawner>=1,<2' 'jupyterhub-idle-culler>=1.4,<3'
#   (not JupyterHub 6: with the authenticator's 1.3.0 nobody can sign in)
#   FER_NB_CACHE=/opt/fer_nb/cache /opt/fer_nb/bin/fer-nb fetch yunet      (for all users; without it they get the older detector)
#   npm install -g configurable-http-proxy
#   mkdir -m 700 /opt/fer_nb/hub && cd /opt/fer_nb/hub && FER_NB_ADMIN=you PATH=/opt/fer_nb/bin:$PATH jupyterhub -f /path/to/deploy/jupyterhub_config.py
# In front of it nginx.conf, with 127.0.0.1:8000 at (2) and client_max_body_size 50m, for the notebooks that JupyterLab saves. Sign up under the name in FER_NB_ADMIN, at /hub/signup; others who sign up wait until you let them in, at /hub/authorize.
# With accounts that people have: pip install oauthenticator, GITHUB_CLIENT_ID and GITHUB_CLIENT_SECRET of an application registered at GitHub,
# OAUTH_CALLBACK_URL=https://.../hub/oauth_callback and FER_NB_USERS=name,name.
import os, sys
from pathlib import Path
import nativeauthenticator
from fer_nb.app.server import app_notebook
from fer_nb.core.detect import YUNET_FILE
import fer_nb

c = get_config()
names = lambda variable: set(filter(None, os.environ.get(variable, '').split(',')))
c.JupyterHub.bind_url = 'http://127.0.0.1:8000'   # only the proxy reaches it
c.JupyterHub.log_level = 'ERROR'                  # milder lines say who came, from where, and when
c.Authenticator.admin_users = names('FER_NB_ADMIN')
c.Authenticator.blocked_users = {p.name for p in Path('/var/lib').glob('*') if not p.is_symlink()} # systemd would give a user of that name the system's folder; those of users are links

# --- sign-in --------------------------------------------------------------------------------------------------------
if os.environ.get('GITHUB_CLIENT_ID'):
    c.JupyterHub.authenticator_class = 'github'
    c.Authenticator.allowed_users = names('FER_NB_USERS')
else:
    c.JupyterHub.authenticator_class = 'native'
    c.JupyterHub.template_paths = [str(Path(nativeauthenticator.__file__).parent/'templates')]
    c.Authenticator.allow_all = True               # of those whom the administrator has let in
    c.NativeAuthenticator.open_signup = False
    c.NativeAuthenticator.minimum_password_length = 10
    c.NativeAuthenticator.check_common_password = True
    c.NativeAuthenticator.allowed_failed_logins = 5
    c.NativeAuthenticator.seconds_before_next_try = 300

# --- a server for each, as a user of its own with limits --------------------------------------------------------------
c.JupyterHub.spawner_class = 'systemd'
c.SystemdSpawner.dynamic_users = True              # no accounts on the machine
c.SystemdSpawner.isolate_tmp = True                # films while they are looked at
c.SystemdSpawner.isolate_devices = True
c.SystemdSpawner.disable_user_sudo = True
c.SystemdSpawner.mem_limit = '1G'
c.SystemdSpawner.cpu_limit = 1.
c.SystemdSpawner.unit_extra_properties = {'MemorySwapMax': '0', 'LimitCORE': '0'} # faces in memory stay there
c.JupyterHub.active_server_limit = 20
c.JupyterHub.concurrent_spawn_limit = 5

static = Path(fer_nb.__file__).parent/'app/static'
c.Spawner.environment = {'JUPYTER_PATH': str(static), 'PATH': f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
if (yunet := Path('/opt/fer_nb/cache')/YUNET_FILE).exists(): c.Spawner.environment['FER_NB_YUNET'] = str(yunet)
c.Spawner.cmd = ['/bin/sh', '-c', f'cp "{app_notebook()}" faces.ipynb && exec jupyterhub-singleuser "$@"', 'sh'] # the app's notebook in the user's own folder
c.Spawner.args = ['--VoilaConfiguration.template=fer_nb', '--VoilaConfiguration.show_tracebacks=False', '--KernelManager.transport_encryption=auto',
                  '--Application.log_level=ERROR', '--MappingKernelManager.cull_idle_timeout=600', '--MappingKernelManager.cull_interval=60']
c.Spawner.default_url = '/voila/render/faces.ipynb' # the app; JupyterLab is at /user/NAME/lab

# --- what nobody uses is stopped ---------------------------------------------------------------------------------------
c.JupyterHub.services = [{'name': 'cull', 'command': [sys.executable, '-m', 'jupyterhub_idle_culler', '--timeout=1800', '--cull-every=300']}]
c.JupyterHub.load_roles = [{'name': 'cull', 'services': ['cull'], 'scopes': ['list:users', 'read:users:activity', 'read:servers', 'delete:servers']}]
