"""Completion in real shells, the manual page in a real formatter; both need no environment."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from stage import BINARY


def understudy(*words):
    done = subprocess.run([BINARY, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 0, done
    return done.stdout


def commands():
    return re.findall(r"^  ([a-z]+) {2,}", understudy("--help").split("Subcommands:")[1].split("Exit codes")[0], re.M)


def options(command):
    names = re.findall(r"^  (-[^ ]+)", understudy(command, "--help"), re.M)
    return sorted(name for both in names for name in both.split(","))


class Bash(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="understudy-test-"))
        (cls.folder / "completion").write_text(understudy("completion", "bash"))
        (cls.folder / "changes").mkdir()
        (cls.folder / "changes" / "two words.toml").write_text("")
        (cls.folder / "understudy.toml").write_text(
            "[environments.production]\n[environments.staging]  # here\n[environments.staging.commands.deploy]\n[routes.home]\n")

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.folder)

    def complete(self, *words):
        """What bash offers for the last of the words."""
        script = (f'source "{self.folder}/completion"\nCOMP_WORDS=("$@")\nCOMP_CWORD=$(($# - 1))\n_understudy\n'
                  'printf "%s\\n" "${COMPREPLY[@]}"\n')
        done = subprocess.run(["bash", "--norc", "-c", script, "bash", "understudy", *words], cwd=self.folder,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        return sorted(line for line in done.stdout.splitlines() if line)

    def test_commands(self):
        self.assertEqual(self.complete("re"), ["rehearse", "report"])
        self.assertEqual(self.complete(""), sorted([*commands(), "-h", "--help", "--version"]))

    def test_every_option_of_every_command(self):
        self.assertGreaterEqual(len(commands()), 11)
        for command in commands():
            self.assertEqual(self.complete(command, "-"), options(command), command)

    def test_words_of_an_option(self):
        self.assertEqual(self.complete("report", "--format", "j"), ["json", "junit"])
        self.assertEqual(self.complete("report", "--format", "=", "m"), ["markdown"])
        self.assertEqual(self.complete("report", "--format", "="), ["github", "html", "json", "junit", "markdown", "text"])
        self.assertEqual(self.complete("schema", ""), ["change", "project"])

    def test_files(self):
        self.assertEqual(self.complete("rehearse", "changes/tw"), ["changes/two words.toml"])
        self.assertEqual(self.complete("report", "-o", "und"), ["understudy.toml"])
        self.assertEqual(self.complete("demo", "--folder", "ch"), ["changes"])

    def test_names_of_the_project(self):
        self.assertEqual(self.complete("doctor", "st"), ["staging"])
        self.assertEqual(self.complete("measure", "staging", ""), ["home", "production", "staging"])

    def test_it_is_registered(self):
        done = subprocess.run(["bash", "--norc", "-c", f'source "{self.folder}/completion"; complete -p understudy'],
                              stdout=subprocess.PIPE, text=True, check=True)
        self.assertIn("-F _understudy understudy", done.stdout)


class OtherShells(unittest.TestCase):
    def test_zsh_reads_it(self):
        if not shutil.which("zsh"):
            self.skipTest("zsh is not here")
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "_understudy").write_text(understudy("completion", "zsh"))
            # Stand-ins for zsh's own helpers tell what they are asked to offer.
            script = (f'fpath=({folder} $fpath); autoload -Uz compinit; compinit -u -D; print -r -- $_comps[understudy]\n'
                      f'_arguments() {{ print -rl -- "$@" }}; _describe() {{ print -rl -- "${{(P@)2}}" }}\n'
                      f'autoload -Uz _understudy; words=(understudy report -); CURRENT=3; _understudy 2>/dev/null\n'
                      f'words=(understudy report -); CURRENT=3; _understudy\n')
            done = subprocess.run(["zsh", "-f", "-c", script], env={**os.environ, "HOME": folder}, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            self.assertEqual(done.stderr, "")
            self.assertTrue(done.stdout.startswith("_understudy\n"), done.stdout)
            for name in options("report"):
                self.assertRegex(done.stdout, rf"(?m)^(\([^)]*\))?{re.escape(name)}\[")

    def test_fish_completes(self):
        if not shutil.which("fish"):
            self.skipTest("fish is not here")
        with tempfile.TemporaryDirectory() as folder:
            script = pathlib.Path(folder) / "understudy.fish"
            script.write_text(understudy("completion", "fish"))

            def offered(line):
                done = subprocess.run(["fish", "--no-config", "-c", f"source {script}; complete -C '{line}'"],
                                      env={**os.environ, "HOME": folder}, cwd=folder, stdin=subprocess.DEVNULL,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                self.assertEqual(done.stderr, "")
                return sorted(one.split("\t")[0] for one in done.stdout.splitlines())

            self.assertEqual(offered("understudy re"), ["rehearse", "report"])
            self.assertEqual(offered("understudy report --format j"), ["json", "junit"])
            self.assertTrue({"--config", "--format", "--log", "--output"} <= set(offered("understudy report --")))

    def test_no_script_can_be_broken_by_a_quote(self):
        for shell, check in (("bash", ["bash", "-n"]), ("zsh", ["zsh", "-n"]), ("fish", ["fish", "-n"])):
            if not shutil.which(shell):
                continue
            with tempfile.NamedTemporaryFile("w") as script:
                script.write(understudy("completion", shell))
                script.flush()
                done = subprocess.run([*check, script.name], stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""), shell)


class Manual(unittest.TestCase):
    def setUp(self):
        if not shutil.which("groff"):
            self.skipTest("groff is not here")

    def formatted(self):
        done = subprocess.run(["groff", "-man", "-ww", "-Tascii", "-P-cbou"], input=understudy("man"), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ""), "warnings are errors here")
        return done.stdout

    def test_it_has_no_warning_and_every_option(self):
        text = self.formatted()
        for section in ("NAME", "SYNOPSIS", "DESCRIPTION", "COMMANDS", "EXIT STATUS"):
            self.assertRegex(text, rf"(?m)^{section}$")
        words = set(re.findall(r"-{1,2}[a-z][a-z-]*", text))
        for command in commands():
            self.assertRegex(text, rf"(?m)^   {command}$")
            self.assertEqual(set(options(command)) - words, set(), command)

    def test_whatis_finds_its_name(self):
        if not shutil.which("lexgrog"):
            self.skipTest("man-db is not here")
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder) / "understudy.1"
            page.write_text(understudy("man"))
            done = subprocess.run(["lexgrog", page], stdout=subprocess.PIPE, text=True, check=True)
            self.assertIn("understudy - rehearse", done.stdout)


class Schema(unittest.TestCase):
    def test_both_are_json(self):
        for noun in ("project", "change"):
            self.assertEqual(json.loads(understudy("schema", noun))["$id"], f"urn:understudy:schema:{noun}:1")


if __name__ == "__main__":
    unittest.main()
