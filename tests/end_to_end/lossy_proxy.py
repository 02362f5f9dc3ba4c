"""A network that loses acknowledgements, for tests."""

import contextlib
import socket
import threading


class LossyProxy:
    """Takes connections for a server; while `lossy`, what the server answers is thrown away and the connection ends.

    So the server has stored the chunk and written its acknowledgement, and the sender does not know.
    """

    def __init__(self, port):
        self.to = port
        self.lossy = False
        self.lost = 0
        self._lost_one = threading.Condition()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def lose(self, count):
        """Loses at least so many acknowledgements from now on, then is a good network again."""
        with self._lost_one:
            until = self.lost + count
            self.lossy = True
            assert self._lost_one.wait_for(lambda: self.lost >= until, 30)
            self.lossy = False

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                sender, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(sender,), daemon=True).start()

    def _serve(self, sender):
        # A server that was killed, or a sender that has left, ends the connection; that is all there is to say.
        with contextlib.suppress(OSError), sender, socket.create_connection(("127.0.0.1", self.to)) as server:
            threading.Thread(target=self._forward, args=(sender, server), daemon=True).start()
            try:
                while (answer := server.recv(65_536)) and not self._loses():
                    sender.sendall(answer)
            finally:
                # The other thread still reads from the sender: closing alone would tell that one nothing.
                sender.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def _forward(sender, server):
        with contextlib.suppress(OSError):
            while data := sender.recv(65_536):
                server.sendall(data)
            server.shutdown(socket.SHUT_WR)

    def _loses(self):
        with self._lost_one:
            self.lost += self.lossy
            self._lost_one.notify_all()
            return self.lossy
