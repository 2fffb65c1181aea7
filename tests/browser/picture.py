"""Takes the README's picture: the log of the tests, and a few views now."""

import asyncio
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from tests.browser.chromium import Looks, chromium, dashboard, import_log
from tests.documents import ROOT
from tests.service import RunningService, running_service

PICTURE = ROOT / "docs/images/dashboard.png"
SIZE = Looks(width=1280)
NOW = {
    "example.com/": 21,
    "example.com/projects/xdotool/": 13,
    "example.com/blog/tags/puppet": 8,
    "example.com/files/": 3,
}


async def take(service: RunningService) -> None:
    """Wait until the dial shows what is sent now, and take the picture."""
    async with chromium() as browser, dashboard(browser, service, SIZE) as dash:
        await dash.open()
        await dash.page.wait_for_selector("#pulse:visible")
        timestamp = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        service.post("/page-views/multi", {page: {timestamp: views} for page, views in NOW.items()})
        await dash.page.wait_for_selector(f"#pulse:has-text('{sum(NOW.values())} since')")
        await dash.page.screenshot(path=PICTURE, full_page=True)


def main() -> None:
    """Start a service with the log, take the picture, stop it."""
    with tempfile.TemporaryDirectory(prefix="hourmill-picture-") as name:
        import_log(Path(name))
        with running_service(Path(name)) as service:
            asyncio.run(take(service))
    print(f"{PICTURE.relative_to(ROOT)}: {PICTURE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
