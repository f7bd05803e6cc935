"""OpenStack's Redfish emulator (sushy-tools) with TLS, basic authentication and a list of what it was asked.

Refuses to outlive its test: it ends when its standard input closes. Each line there is a question for the list, a JSON
array of [method, path, status], which is printed as one line.

    emulator.py FOLDER CERTIFICATE KEY USER PASSWORD SYSTEM-UUID MAC
"""

import json
import os
import ssl
import sys
import tempfile
import threading

import bcrypt
from werkzeug.serving import WSGIRequestHandler, make_server

folder, certificate, key, user, password, uuid, mac = sys.argv[1:]
# Where it remembers its systems: read when it is imported.
tempfile.tempdir = folder

from sushy_tools.emulator.main import app  # noqa: E402

users = os.path.join(folder, "users")
with open(users, "w") as file:
    file.write(f"{user}:{bcrypt.hashpw(password.encode(), bcrypt.gensalt(rounds=4)).decode()}\n")

app.configure(
    extra_config={
        "SUSHY_EMULATOR_AUTH_FILE": users,
        "SUSHY_EMULATOR_STATE_DIR": folder,
        "SUSHY_EMULATOR_FAKE_DRIVER": True,
        "SUSHY_EMULATOR_FAKE_SYSTEMS": [
            {
                "uuid": uuid,
                "name": "fake",
                "power_state": "On",
                "external_notifier": False,
                "nics": [{"mac": mac, "ip": "192.0.2.10"}],
            }
        ],
    }
)

asked = []


class Handler(WSGIRequestHandler):
    def log_request(self, code="-", size="-"):
        asked.append([self.command, self.path, int(code)])


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=Handler, ssl_context=context)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"port": server.port}), flush=True)
for _ in sys.stdin:
    print(json.dumps(asked), flush=True)
