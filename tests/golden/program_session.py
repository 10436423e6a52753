"""The form of a session.txt, read and written. See program_cases.py."""
import re

_AMBIGUOUS = re.compile(r"\$ |> |# |\\|\[.+\]$")
_STATUS = re.compile(r"\[(.+)\]$")


class Step:
    """A command, what it must say (`output`, `status`) and what it did (`said`, `left`)."""

    def __init__(self, command, before):
        self.command, self.before = command, before
        self.output, self.status = [], "0"
        self.said, self.left = [], 0
        self.after_mended = False


class Session:
    def __init__(self):
        self.steps, self.environment, self.folders, self.tail = [], {}, [], []
        self.mended = 0

    @classmethod
    def read(cls, file):
        session, pending = cls(), []
        lines = file.read_text().split("\n")
        if lines[-1] == "":
            lines.pop()
        for number, line in enumerate(lines, 1):
            last = session.steps[-1] if session.steps and not pending else None
            if line.startswith("$ "):
                # Blank lines at the end of an output are layout; they are kept before the next command.
                pending = session._blanks() + pending
                session.steps.append(Step(line[2:], pending))
                session.steps[-1].after_mended = session.mended > 0
                pending = []
            elif line.startswith("> ") and last is not None and not last.output:
                last.command += "\n" + line[2:]
            elif line.startswith("# "):
                pending = session._blanks() + pending + [line]
                session._comment(line)
            elif pending or not session.steps:
                if line:
                    raise ValueError(f"{file}:{number}: this is neither a command, nor its output, nor a comment")
                pending.append(line)
            else:
                session.steps[-1].output.append(line)
        session.tail = session._blanks() + pending
        if not session.steps:
            raise ValueError(f"{file}: it has no command")
        for step in session.steps:
            found = _STATUS.fullmatch(step.output[-1]) if step.output else None
            if found:
                step.status = found[1]
                step.output.pop()
        return session

    def _blanks(self):
        blanks, output = [], self.steps[-1].output if self.steps else []
        while output and output[-1] == "":
            blanks.append(output.pop())
        return blanks

    def _comment(self, line):
        what, _, words = line[2:].partition(": ")
        if what == "mended":
            self.mended += 1
        elif what in ("with", "environment") and self.steps:
            raise ValueError(f"`# {what}:` stands before the first command")
        elif what == "with":
            self.folders += words.split()
        elif what == "environment":
            self.environment.update(word.split("=", 1) for word in words.split())

    def text(self, actual=False):
        lines = []
        for step in self.steps:
            lines += step.before
            first, *more = step.command.split("\n")
            lines += ["$ " + first] + ["> " + line for line in more]
            lines += [_shown(line) for line in step.said] if actual else step.output
            status = str(step.left) if actual else step.status
            lines += [] if status == "0" else [f"[{status}]"]
        return "\n".join(lines + self.tail) + "\n"


def _shown(line):
    return "\\" + line if _AMBIGUOUS.match(line) else line
