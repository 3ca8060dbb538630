"""Django: a signal sent and received both ways, and requests through ASGI and WSGI."""

import asyncio
import io
import threading
from typing import Any

import django
from asgiref.sync import async_to_sync, sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIHandler
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished
from django.dispatch import Signal
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.urls import path


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse(b"plain " + (request.body or b"-"))


async def awaited(request: HttpRequest) -> HttpResponse:
    await asyncio.sleep(0)
    name = await sync_to_async(lambda: threading.current_thread() is not main_thread)()
    return HttpResponse(f"awaited, in another thread: {name}")


async def streamed(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> Any:
        for number in range(3):
            await asyncio.sleep(0)
            yield f"{number} "

    return StreamingHttpResponse(parts())


main_thread = threading.main_thread()
urlpatterns = [
    path("plain", plain),
    path("awaited", awaited),
    path("streamed", streamed),
]
settings.configure(
    ROOT_URLCONF=__name__,
    SECRET_KEY="x",
    ALLOWED_HOSTS=["*"],
    MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
    LOGGING_CONFIG=None,
)
django.setup()


class Receiver:
    """Weakly held, by its methods."""

    def __init__(self) -> None:
        self.got: list[int] = []

    def receive(self, number: int, **more: Any) -> int:
        self.got.append(number)
        return number * 2

    async def receive_later(self, number: int, **more: Any) -> int:
        await asyncio.sleep(0)
        return number * 3


async def dispatch() -> None:
    signal, receiver, event = Signal(), Receiver(), threading.Event()
    signal.connect(receiver.receive)
    signal.connect(receiver.receive_later)
    results = await signal.asend(sender=None, number=7)
    print(sorted(result for _, result in results), receiver.got)
    both = await asyncio.to_thread(signal.send, sender=None, number=8)
    print(sorted(result for _, result in both), receiver.got)

    finished = Signal()
    finished.connect(lambda **more: event.set(), weak=False)
    finished.send(sender=None)
    print(event.is_set())


async def ask(handler: Any, where: str, body: bytes = b"") -> None:
    scope: dict[str, Any] = {"type": "http", "method": "POST", "path": f"/{where}"}
    scope |= {"query_string": b"", "headers": [(b"host", b"x")], "http_version": "1.1"}
    scope |= {"asgi": {"version": "3.0"}, "scheme": "http", "server": ("x", 80)}
    messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
    await messages.put({"type": "http.request", "body": body, "more_body": False})
    said: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    await handler(scope, messages.get, send)
    print(said[0]["status"], b"".join(part.get("body", b"") for part in said[1:]))


async def serve() -> None:
    await dispatch()
    handler = ASGIHandler()
    await ask(handler, "plain", b"words")
    await ask(handler, "awaited")
    await ask(handler, "streamed")
    await ask(handler, "nowhere")


finished_in: list[str] = []
request_finished.connect(lambda **more: finished_in.append("finished"), weak=False)
asyncio.run(serve())
print(async_to_sync(asyncio.sleep)(0, "from no loop"))
environment: dict[str, Any] = {"REQUEST_METHOD": "GET", "PATH_INFO": "/awaited"}
environment |= {"SERVER_NAME": "x", "SERVER_PORT": "80", "wsgi.input": io.BytesIO()}
environment |= {"wsgi.url_scheme": "http", "wsgi.errors": io.StringIO()}
response = WSGIHandler()(environment, lambda status, headers: print(status))
print(b"".join(response))
response.close()
print(finished_in)
