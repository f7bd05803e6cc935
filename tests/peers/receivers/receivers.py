"""Receivers of what policies deliver: aiosmtpd with TLS and a login, and a webhook that checks signatures by itself.

Started as: receivers.py CERTIFICATE KEY USER PASSWORD SIGNING_KEY
Says its ports in a line. A line on standard input is an order: empty for all that was received so far, "fail STATUS N"
for the next N answers of the webhook, "hold" for the next answer never to come. Ends with its standard input.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from aiosmtpd.smtp import SMTP, AuthResult, LoginPassword

_, CERTIFICATE, KEY, USER, PASSWORD, SIGNING_KEY = sys.argv

received = []
lock = threading.Lock()
failing = {"status": 0, "left": 0, "hold": False, "drip": False, "leave": False}


def note(what):
    with lock:
        received.append(what)


def context():
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(CERTIFICATE, KEY)
    return made


class Mails:
    async def handle_DATA(self, server, session, envelope):
        note({
            "kind": "mail",
            "from": envelope.mail_from,
            "to": envelope.rcpt_tos,
            "text": envelope.content.decode(),
            "tls": session.ssl is not None or server.transport.get_extra_info("ssl_object") is not None,
            "login": session.auth_data.login.decode() if session.auth_data else None,
        })
        return "250 taken"

    async def handle_QUIT(self, server, session, envelope):
        if failing["leave"]:
            await asyncio.sleep(3600)
        return "221 bye"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody@"):
            note({"kind": "refused", "to": address})
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (USER.encode(), PASSWORD.encode())
    note({"kind": "login", "accepted": good, "mechanism": mechanism})
    return AuthResult(success=good, handled=False, auth_data=data if good else None)


LOGIN = {"authenticator": authenticate, "auth_required": True}


class Hooks(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        identity, at = self.headers["webhook-id"], self.headers["webhook-timestamp"]
        signed = f"{identity}.{at}.".encode() + body
        mac = hmac.new(SIGNING_KEY.encode(), signed, hashlib.sha256).digest()
        expected = "v1," + base64.b64encode(mac).decode()
        with lock:
            hold, failing["hold"] = failing["hold"], False
            drip, failing["drip"] = failing["drip"], False
            status = 200
            if failing["left"] > 0:
                failing["left"] -= 1
                status = failing["status"]
        note({
            "kind": "hook",
            "path": self.path,
            "id": identity,
            "verified": hmac.compare_digest(expected, self.headers["webhook-signature"]),
            "age": abs(time.time() - int(at)) < 300,
            "status": 0 if hold else status,
            "body": json.loads(body),
        })
        if hold:
            threading.Event().wait()
        self.send_response(status)
        if status in (301, 302, 307, 308):
            self.send_header("location", "/elsewhere")
        self.send_header("content-length", "60000" if drip else "0")
        self.end_headers()
        while drip:
            self.wfile.write(b".")
            self.wfile.flush()
            time.sleep(1)

    def log_message(self, *_):
        pass


async def listen(ssl=None, **options):
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Mails(), **options), "127.0.0.1", 0, ssl=ssl)
    return server.sockets[0].getsockname()[1]


loop = asyncio.new_event_loop()
threading.Thread(target=loop.run_forever, daemon=True).start()


def mail(**options):
    return asyncio.run_coroutine_threadsafe(listen(**options), loop).result(10)


hooks = ThreadingHTTPServer(("127.0.0.1", 0), Hooks)
hooks.daemon_threads = True
hooks.socket = context().wrap_socket(hooks.socket, server_side=True, do_handshake_on_connect=False)
threading.Thread(target=hooks.serve_forever, daemon=True).start()


def say(what):
    print(json.dumps(what), flush=True)


say({
    "tls": mail(ssl=context(), auth_require_tls=False, **LOGIN),
    "starttls": mail(tls_context=context(), require_starttls=True, auth_require_tls=True, **LOGIN),
    "plain": mail(),
    "hook": hooks.server_address[1],
})
for line in sys.stdin:
    words = line.split()
    with lock:
        if not words:
            say(received)
        elif words[0] == "fail":
            failing.update(status=int(words[1]), left=int(words[2]))
        elif words[0] in ("hold", "drip", "leave"):
            failing[words[0]] = True
# Threads of connections would hold the process.
os._exit(0)
