"""Somebody who looks at the pages without a browser: speaks with the server as Streamlit's page does, signed in, and keeps all that is sent."""

import re
from dataclasses import dataclass

import requests
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.sync.client import connect

_SECONDS = 120
_ADDRESSES = re.compile(rb"/(?:cells|media|download)/[\w./?=&,:;%+-]+")


@dataclass(frozen=True)
class Sent:
    """What the server sent for a page: every byte, and the faults that it shows."""

    content: bytes
    faults: list[str]

    @property
    def addresses(self) -> list[str]:
        """The files of the server that the page names."""
        return sorted({found.decode() for found in _ADDRESSES.findall(self.content)})


@dataclass(frozen=True)
class Visitor:
    """Somebody with the cookie of a session.

    Attributes:
        url: of the server.
        cookie: as the browser sends it.
    """

    url: str
    cookie: str

    def page(self, path: str, query: str = "") -> Sent:
        """Opens a page in a new window, and waits until it is drawn.

        Args:
            path: of the page, without the slash before it.
            query: what its link says.
        """
        content: list[bytes] = []
        faults: list[str] = []
        address = f"{self.url.replace('http', 'ws', 1)}/_stcore/stream"
        with connect(address, additional_headers={"Cookie": self.cookie}, subprotocols=["streamlit"], compression=None, max_size=None) as server:  # type: ignore[list-item]
            server.send(BackMsg(rerun_script=ClientState(page_name=path, query_string=query)).SerializeToString())
            while True:
                frame = server.recv(_SECONDS, decode=False)
                content.append(frame)
                message = ForwardMsg.FromString(frame)
                if message.delta.new_element.HasField("exception"):
                    faults.append(message.delta.new_element.exception.message)
                if message.WhichOneof("type") == "script_finished" and message.script_finished != ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    return Sent(b"".join(content), faults)

    def file(self, address: str) -> bytes:
        """What the server answers to an address of its own."""
        return requests.get(self.url + address, headers={"Cookie": self.cookie}, timeout=_SECONDS).content
