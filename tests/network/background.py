"""What goes on by itself while a block of the program lasts."""
import threading


class Background:
    """`run` is a thread from the beginning of the block to its end; it ends when `running` is false."""
    def __init__(self):
        self.running = True
        self.thread = threading.Thread(target=self.run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()

    def run(self):
        raise NotImplementedError
