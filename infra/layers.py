"""The two layers of the functions, built by pip alone: no Docker, for a machine that need not be this one."""

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.settings import Local

ROOT = Path(__file__).parent.parent
REQUIREMENTS = ROOT / "layers" / "dependencies" / "requirements.txt"
BUILD = ROOT / ".build"
RECIPE = "1"  # raise it when what this module makes of the same requirements changes

LAMBDA = (
    "--platform=manylinux2014_aarch64",
    "--platform=manylinux_2_28_aarch64",  # Amazon Linux 2023 has glibc 2.34
    "--platform=manylinux_2_34_aarch64",
    "--python-version=3.13",
    "--implementation=cp",
)

# Of botocore's 400 service models (nine tenths of its size) those that the functions speak to are kept; of phonenumbers
# all but the names of places and carriers. Every worker unpacks and starts faster for it.
KEPT_SERVICES = {"dynamodb", "pinpoint-sms-voice-v2", "scheduler", "secretsmanager", "sesv2", "sns", "sqs", "sts"}
LEFT_OUT = re.compile(
    r"(^|/)(__pycache__|tests?|bin)/|\.py[ci]$|^phonenumbers/(geodata|carrierdata|tzdata)/|^boto3/examples/"
    r"|^botocore/data/(?P<service>[^/]+)/"
)


class Layers(Construct):
    """The dependency layer and the core layer, in the order in which functions get them."""

    def __init__(self, scope: Construct, name: str, *, local: Local | None) -> None:
        super().__init__(scope, name)
        dependencies = _layer(self, "Dependencies", lambda_.Code.from_asset(str(dependency_layer(local))))
        core = _layer(
            self,
            "Core",
            lambda_.Code.from_asset(str(ROOT / "layers" / "core"), exclude=["**/__pycache__", "**/*.pyc"]),
        )
        self.all = [dependencies, core]


def _layer(scope: Construct, name: str, code: lambda_.Code) -> lambda_.LayerVersion:
    return lambda_.LayerVersion(
        scope,
        name,
        code=code,
        compatible_architectures=[lambda_.Architecture.ARM_64],
        compatible_runtimes=[lambda_.Runtime.PYTHON_3_13],
    )


def dependency_layer(local: Local | None) -> Path:
    """Return the layer's zip file, built if this very one is not there yet: for Lambda, or the local interpreter."""
    python, target = (local.python, ()) if local else (sys.executable, LAMBDA)
    key = hashlib.sha256("\n".join((RECIPE, REQUIREMENTS.read_text(), *_platform(local))).encode()).hexdigest()[:16]
    archive = BUILD / f"dependencies-{key}.zip"
    if not archive.exists():
        _build(archive, python, target)
    return archive


def _platform(local: Local | None) -> tuple[str, ...]:
    """Say for which machine the layer is: two that say the same may share it."""
    if not local:
        return LAMBDA
    tag = "import sys, sysconfig; print(sys.implementation.cache_tag, sysconfig.get_platform())"
    return (subprocess.run([local.python, "-c", tag], check=True, capture_output=True, text=True).stdout,)  # noqa: S603 (the interpreter that the settings name)


def _build(archive: Path, python: str, target: tuple[str, ...]) -> None:
    """Install into a folder of its own, then move the archive into place: a build that is cut off leaves none."""
    BUILD.mkdir(exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=BUILD))
    try:
        command = [
            python,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-compile",
            "--no-deps",
        ]
        subprocess.run(  # noqa: S603 (our own command line)
            [*command, "--only-binary=:all:", *target, "--target", str(folder / "python"), "-r", str(REQUIREMENTS)],
            check=True,
        )
        unfinished = folder / archive.name
        _pack(folder / "python", unfinished)
        unfinished.replace(archive)
    finally:
        shutil.rmtree(folder)


def _pack(source: Path, archive: Path) -> None:
    """Zip the packages below `python/`: the same files make the same bytes, whenever and wherever."""
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for path in sorted(p for p in source.rglob("*") if p.is_file()):
            name = path.relative_to(source).as_posix()
            if _wanted(name):
                entry = zipfile.ZipInfo(f"python/{name}")  # dated 1980
                entry.compress_type = zipfile.ZIP_DEFLATED
                entry.external_attr = 0o644 << 16
                packed.writestr(entry, path.read_bytes())


def _wanted(name: str) -> bool:
    left_out = LEFT_OUT.search(name)
    return not left_out or left_out["service"] in KEPT_SERVICES
