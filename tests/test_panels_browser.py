"""What stands around the tracks and goes with the playhead, in a real browser: who waits for whom, curves, marks, time by line."""

import json
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from gilscope.marks import Mark, write_marks
from tests.app_client import served, settings
from tests.timeline_page import CHUNKS, RECORDING, ROOT, Server, ask, open_page, wait


def open_recording(page: Page, server: Server, name: str, fragment: str = "") -> None:
    server.file = (ROOT / f"recordings/{name}.gilscope").read_bytes()
    open_page(page, server, fragment=fragment)


def test_the_circle_of_a_deadlock_closes_at_its_moment_and_stays(page: Page, server: Server) -> None:
    """Absent before the second thread waits, drawn and said from then on to the end; nodes stay where they are."""
    open_recording(page, server, "deadlock")
    page.get_by_role("tab", name="Who waits").click()
    panel = page.get_by_role("region", name="Who waits for whom")
    track = "m.all.find((track) => track.name === 'transfer 2')"
    closed = ask(page, f"(() => {{ const {{ rows }} = {track}; return rows.at[rows.state.indexOf(5)]; }})()")
    places = "JSON.stringify([...e.querySelectorAll('.gt-actor')].map((node) => node.getAttribute('transform')))"
    seen = []
    for at in [closed - 1000, closed, (closed + 600e6) / 2, "m.duration"]:
        ask(page, f"s.act((camera) => camera.seek({at}))")
        wait(page, f"s.frame === 0 && e.around.later.beside.waits.at === c.at && c.at >= {closed - 1000}")
        seen.append((panel.locator(".gt-circle").count(), panel.locator("path.gt-closed:not(.gt-point)").count()))
    assert seen == [(0, 0), (1, 2), (1, 2), (1, 2)]
    assert "none of them can go on before another one does" in panel.locator(".gt-circle").inner_text()
    standing = ask(page, places)
    page.keyboard.press("Home")
    ask(page, "s.command('start')")
    wait(page, "s.frame === 0 && e.around.later.beside.waits.at === 0")
    assert panel.get_by_text("Nobody waits for anybody here.").is_visible()
    assert ask(page, places) == standing
    ask(page, f"s.act((camera) => camera.seek({closed}))")
    wait(page, f"s.frame === 0 && e.around.later.beside.waits.at === {closed}")
    panel.locator(".gt-actor", has_text="transfer 2").click()
    wait(page, "s.selected?.track.name === 'transfer 2'")
    panel.get_by_role("button", name="transfer 1 waits for lock savings, which transfer 2 has").click()
    wait(page, "s.selected?.track.name === 'transfer 1'")
    # Who looks at the source sees it on the tab.
    page.get_by_role("tab", name="Source").click()
    for at, name in [(closed - 1000, "Who waits"), (closed, "Who waits: a circle")]:
        ask(page, f"s.act((camera) => camera.seek({at}))")
        page.get_by_role("tab", name=name, exact=True).wait_for()


def test_the_panel_in_sight_is_in_the_address(page: Page, server: Server) -> None:
    """Chosen, it is told; what is there by itself isn't; a link brings it into sight, and one that isn't there leaves what is."""
    open_page(page, server)
    chosen = page.locator(".gt-source [role=tab][aria-selected=true]")
    expect(chosen).to_have_text("Source")
    page.get_by_role("tab", name="Who waits").click()
    wait(page, "location.hash === '#panel=waits'")
    page.goto("about:blank")
    open_page(page, server, fragment="#panel=waits")
    expect(chosen).to_have_text("Who waits")
    page.get_by_role("tab", name="Source").click()
    wait(page, "location.hash === ''")
    page.goto("about:blank")
    open_page(page, server, fragment="#at=90000000&panel=elsewhere")
    wait(page, "c.at === 9e7")
    expect(chosen).to_have_text("Source")


def test_curves_say_what_the_model_has_at_the_playhead(page: Page, server: Server) -> None:
    """By key, by button and by address; the value under the playhead is the model's, at every place, and it is drawn."""
    open_recording(page, server, "producer_consumer", "#curves=1")
    wait(page, "s.frame === 0 && !s.curves.element.hidden && s.painter.palette")
    words = page.locator(".gt-curve")
    assert words.first.inner_text().startswith("At once")
    for part in (0.1, 0.4, 0.7, 0.95):
        ask(page, f"s.act((camera) => camera.seek(m.duration * {part}))")
        wait(page, f"s.frame === 0 && c.at === m.duration * {part}")
        told = [text.split("\n")[1].split()[0] for text in words.all_inner_texts()]
        running = "m.all.filter((track) => track.isThread && [1, 3].includes(track.rows.state[track.rows.rowAt(c.at)])).length"
        assert int(told[0]) == ask(page, running)
        queues = "m.all.filter((track) => track.depths.count > 0 && !track.internal).map(({ depths }) => depths.thing[depths.rowAt(c.at)] ?? 0)"
        assert [int(value) for value in told[1:]] == ask(page, queues)[:3]
    colours = "(() => { const { canvas, ctx } = s.curves; return new Set(new Uint32Array(ctx.getImageData(200, 0, canvas.width - 200, canvas.height).data.buffer)).size; })()"
    assert ask(page, colours) > 5
    button = page.get_by_role("button", name="Curves")
    assert button.get_attribute("aria-pressed") == "true"
    button.click()
    wait(page, "s.curves.element.hidden && s.frame === 0")
    assert ask(page, "s.arrangement.curves") is False
    ask(page, "s.focus()")
    page.keyboard.press("v")
    wait(page, "!s.curves.element.hidden && s.arrangement.curves")


def test_more_curves_than_have_room_are_scrolled_to(page: Page, server: Server) -> None:
    """The drawing goes with their names, on the same time axis as the tracks."""
    open_recording(page, server, "producer_consumer", "#curves=1")
    wait(page, "s.frame === 0 && !s.curves.element.hidden && s.painter.palette")
    few = page.locator(".gt-curve").count()
    more = "[0, 1, 2, 3, 4, 5].forEach((n) => { m.tellMeta({ tracks: [{ id: 900 + n, kind: 10, name: `queue ${n}` }] }); m.tracks[900 + n].depths.push(0, n < 5 ? 0 : 9); m.tracks[900 + n].deepest = 9; })"
    ask(page, f"({more}, s.touch())")
    wait(page, f"s.frame === 0 && e.querySelectorAll('.gt-curve').length === {few + 6}")
    region = page.get_by_role("region", name="Curves")
    box = "(({ clientHeight, scrollHeight, tabIndex }) => [clientHeight, scrollHeight, tabIndex])(s.curves.element)"
    assert ask(page, box) == [4 * 46, (few + 6) * 46, 0]
    assert region.get_by_text(f"↓ {few + 2} more").is_visible()
    colour = "[...s.curves.ctx.getImageData(s.curves.canvas.width - 200, 3.5 * 46 * s.painter.ratio, 1, 1).data]"
    before = ask(page, colour)
    region.focus()
    page.keyboard.press("End")
    wait(page, f"s.frame === 0 && s.curves.element.scrollTop === {(few + 2) * 46}")
    assert region.get_by_text("more", exact=False).count() == 0
    assert ask(page, f"{colour}.join() !== '{','.join(map(str, before))}'")
    assert ask(page, "Math.round(s.curves.canvas.getBoundingClientRect().width) === s.widthPx")


def test_a_mark_is_kept_with_the_recording(browser: Browser, tmp_path: Path) -> None:
    """Set by key, changed, there again after a reload and in a frame; deleted, and had back."""
    (tmp_path / "recordings").mkdir()
    (tmp_path / "recordings" / "x.gilscope").write_bytes((ROOT / "recordings/deadlock.gilscope").read_bytes())
    with served(settings(tmp_path)) as running:
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        marks = "JSON.stringify(e.around.marks.all.map(({ at, text }) => [at, text]))"
        page.goto(f"{running.base}/recordings/x#at=300000000")
        wait(
            page, "e.phase === 'ended' && e.around.later && e.querySelectorAll('[role=row]').length > 0 && c.at === 3e8"
        )
        ask(page, "s.focus()")
        page.keyboard.press("m")
        page.keyboard.type("Both wait")
        page.keyboard.press("Enter")
        wait(page, f"{marks} === '[[300000000,\"Both wait\"]]'")
        page.get_by_role("button", name="Change Both wait").click()
        page.keyboard.type(" for ever")
        page.keyboard.press("Enter")
        page.reload()
        wait(page, f"e.phase === 'ended' && {marks} === '[[300000000,\"Both wait for ever\"]]'")
        ask(page, "s.act((camera) => camera.seek(0))")
        page.get_by_role("tab", name="Marks").click()
        page.get_by_role("button", name="Go to 300.00 ms, Both wait for ever").click()
        wait(page, "c.at === 3e8")
        page.get_by_role("button", name="Delete Both wait for ever").click()
        wait(page, f"{marks} === '[]'")
        assert running.state["store"].marks("x") == []
        page.get_by_role("button", name="Undo").click()
        wait(page, f"{marks} === '[[300000000,\"Both wait for ever\"]]'")
        page.goto(f"{running.base}/embed/x")
        wait(page, f"e.phase === 'ended' && {marks} === '[[300000000,\"Both wait for ever\"]]'")
        assert page.get_by_role("list", name="Marks").inner_text() == "300 ms: Both wait for ever"
        page.close()


def test_marks_of_a_file_without_a_server_are_shown(page: Page, server: Server, tmp_path: Path) -> None:
    """They came in the file; nobody could keep a change of them, so none is offered."""
    file = tmp_path / "x.gilscope"
    file.write_bytes(RECORDING)
    write_marks(file, [Mark("a", 100_000_000, "Look here")])
    server.file = file.read_bytes()
    open_page(page, server, 'src="/recordings/x/file" controls')
    page.get_by_role("tab", name="Marks").click()
    page.get_by_role("button", name="Go to 100.00 ms, Look here").click()
    wait(page, "c.at === 1e8")
    panel = page.get_by_role("region", name="Marks")
    assert panel.get_by_role("button").count() == 1
    assert ask(page, "m.damages.length") == 0


def test_a_line_says_how_long_threads_stood_there_and_shows_those_spans(page: Page, server: Server) -> None:
    """In the view or in all; pressing it looks for its spans, and the next one can be gone to."""
    open_recording(page, server, "convoy")
    line = "[...e.querySelectorAll('.gt-spent')].map((one) => one.ariaLabel)"
    wait(page, f"{line}.length > 3")
    whole = ask(page, line)
    ask(page, "s.act((camera) => camera.zoom(20, 100e6))")
    wait(
        page,
        f"JSON.stringify({line}) !== {json.dumps(json.dumps(whole, ensure_ascii=False, separators=(',', ':')), ensure_ascii=False)}",
    )
    page.get_by_label("Time that threads spent at each line").select_option("in all")
    wait(
        page,
        f"JSON.stringify({line}) === {json.dumps(json.dumps(whole, ensure_ascii=False, separators=(',', ':')), ensure_ascii=False)}",
    )
    button = page.locator(".gt-spent", has_text="ms").last
    number = str(button.get_attribute("aria-label")).split(":")[0].removeprefix("Line ")
    button.click()
    found = f"s.arrangement.find.endsWith('.py:{number}') && s.found?.spans > 0"
    wait(page, found)
    page.get_by_role("button", name="Close the search").click()
    wait(page, "s.arrangement.find === ''")
    page.locator(".gt-line").nth(int(number) - 1).locator("code").click(position={"x": 90, "y": 10})
    wait(page, found)
    page.get_by_role("button", name="Next match").click()
    rows = "[...s.selected.track.rows.line.subarray(s.selected.first, s.selected.last + 1)]"
    wait(page, f"s.selected && {rows}.some((id) => m.locations.get(id)?.line === {number})")
    page.get_by_label("Time that threads spent at each line").select_option("none")
    wait(page, f"{line}.length === 0")


def test_steps_from_event_to_event(page: Page, server: Server) -> None:
    """Every moment at which anything happens on a track that shows, none twice, there and back; by key and by button."""
    open_recording(page, server, "deadlock")
    moments: list[float] = ask(
        page,
        "[...new Set(s.layout.rows.flatMap(({ track }) => [...track.rows.at.subarray(0, track.rows.count)]))].sort((a, b) => a - b).filter((at) => at > 2e6).slice(0, 12)",
    )
    ask(page, f"s.act((camera) => camera.seek({moments[0] - 1}))")
    ask(page, "s.focus()")
    there, back = [], []
    for _ in moments:
        page.keyboard.press("l")
        there.append(ask(page, "c.at"))
        assert ask(page, "s.selected.from <= c.at && c.at <= s.selected.to && c.viewport.contains(c.at)")
    for _ in moments[1:]:
        page.get_by_role("button", name="One event back").click()
        back.append(ask(page, "c.at"))
    assert there == moments
    assert back == moments[-2::-1]


def test_what_cannot_be_read_is_neither_counted_nor_drawn_as_nothing(page: Page, server: Server) -> None:
    """Where a chunk is damaged the curves are hatched, and of the threads it is said that they weren't measured."""
    damaged = bytearray(CHUNKS[2])
    damaged[80] ^= 255
    server.file = RECORDING[: RECORDING.index(b"GSCK")] + b"".join([*CHUNKS[:2], bytes(damaged), *CHUNKS[3:]])
    open_page(page, server, fragment="#curves=1")
    page.get_by_role("tab", name="Who waits").click()
    ask(page, "s.act((camera) => camera.seek((m.damages[0].from + m.damages[0].to) / 2))")
    wait(page, "s.frame === 0 && !s.curves.element.hidden && s.painter.palette")
    inside = """(() => { const { ctx } = s.curves, px = s.painter.ratio, x = s.scale.timeToPx(c.at) + 6;
    return new Set(new Uint32Array(ctx.getImageData(x * px, 12 * px, 20 * px, 20 * px).data.buffer)).size; })()"""
    assert ask(page, inside) > 1
    assert ask(page, "m.atWork.moments.thing[m.atWork.moments.rowAt(c.at)]") == 0
    assert "wasn’t measured" in page.get_by_role("region", name="Who waits for whom").inner_text()
    assert "not seen" in page.locator(".gt-curve").first.inner_text()


def test_every_state_has_a_swatch(page: Page, server: Server) -> None:
    """What is told with a state shows it as it is drawn, whichever it is."""
    open_recording(page, server, "deadlock")
    looks = """((name) => { const swatch = document.createElement('span'); swatch.className = `gt-swatch gt-s-${name}`;
    e.append(swatch); const { backgroundImage, backgroundColor, borderTopWidth, height } = getComputedStyle(swatch); swatch.remove();
    return [backgroundImage, backgroundColor, borderTopWidth, height].join(); })"""
    assert ask(page, f"[...Array(21).keys()].filter((state) => {looks}(state) === {looks}('none'))") == []
