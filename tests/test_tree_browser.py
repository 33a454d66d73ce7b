"""The tree of tracks in a real browser: folded, pinned, counted, walked by keys, a thousand tasks long."""

from typing import Any

from playwright.sync_api import Locator, Page

from tests.timeline_page import LOOK, ROOT, TREE, Server, ask, open_page, wait

MANY = """(() => { const ids = [...Array(1000).keys()].map((n) => 100 + n), of = (value) => ids.map(value);
m.tellMeta({ tracks: [{ id: 99, kind: 12, name: 'loop', parent: 1 }, ...ids.map((id) => ({ id, kind: 13, name: `task-${id}`, parent: 99 }))] });
const add = (count, at, track, state) => m.addRows({ count, at, track, state, kind: of(() => 0), flags: of(() => 0), thing: of(() => 0), line: of(() => 0), value: of(() => 0) });
add(1, [m.until], [99], [13]); add(1000, of((_, n) => m.until + n), ids, of(() => 1)); add(1000, of((_, n) => m.until + n), ids, of(() => 17)); s.grown(); return m.rowCount; })()"""
"""Adds a loop with a thousand tasks."""


def names(page: Page) -> list[str]:
    """What the rows say that are there, from the top; a dash a level."""
    found: list[str] = ask(
        page,
        "[...e.querySelectorAll('[role=row]')].map((row) => '- '.repeat(row.ariaLevel - 1) + row.querySelector('.gt-name').textContent)",
    )
    return found


def focused(page: Page) -> Any:
    return ask(page, "document.activeElement.querySelector?.('.gt-name')?.textContent")


def test_folds_pins_and_shows_what_was_quiet(page: Page, server: Server) -> None:
    """By pointer and by key; what is folded shows one strip of all, and what did nothing is counted."""
    server.file = (ROOT / "recordings/deadlock.gilscope").read_bytes()
    open_page(page, server)
    wait(page, "s.painter.palette && s.frame === 0 && e.querySelectorAll('[role=row]').length === s.layout.rows.length")
    before = names(page)
    assert before[:4] == ["GIL", "MainThread", "transfer 1", "transfer 2"]
    assert set(before[4:6]) == {"savings", "checking"}
    cores = before[6:]
    assert cores and all(name.startswith("core ") for name in cores)
    more = page.locator(".gt-more").first
    count = int(more.inner_text().split()[1])
    assert more.inner_text() == f"Show {count} quiet tracks"
    more.click()
    wait(page, f"s.layout.rows.length === {len(before) + count + 1}")  # and a heading
    assert "Locks and queues" in names(page)
    page.get_by_role("button", name="Fold Locks and queues").click()
    wait(page, f"s.layout.rows.length === {len(before) - 1}")
    heading = page.get_by_role("row", name="Locks and queues")
    assert heading.get_attribute("aria-expanded") == "false"
    colours = ask(
        page,
        """(() => { const row = s.layout.rows.find((one) => one.merged.length > 0), px = s.painter.ratio;
        const { data } = s.painter.ctx.getImageData(600 * px, (row.barTopPx - s.scroll.scrollTop) * px, 100 * px, row.barPx * px);
        return new Set(new Uint32Array(data.buffer)).size; })()""",
    )
    assert colours > 3
    heading.focus()
    page.keyboard.press("x")
    wait(page, f"s.layout.rows.length === {len(before) + count + 1}")
    page.get_by_role("row", name="transfer 2").focus()
    page.keyboard.press("p")
    wait(page, "s.layout.rows[0].track.name === 'transfer 2'")
    assert names(page)[:3] == ["transfer 2", "GIL", "MainThread"]
    assert focused(page) == "transfer 2"
    page.keyboard.press("p")
    wait(page, "s.layout.rows[0].track.name === 'GIL'")


def test_one_row_takes_the_focus_and_keys_walk_the_rows(page: Page, server: Server) -> None:
    """Up and down along the rows with the selection, left and right along the track; Enter leads to the reason, Escape back."""
    open_page(page, server, fragment=LOOK)
    assert page.locator(TREE).count() == 1
    page.locator(TREE).focus()
    walked = []
    for key in ["ArrowDown", "ArrowDown", "ArrowUp", "ArrowUp", "ArrowUp"]:
        page.keyboard.press(key)
        walked.append((focused(page), ask(page, "s.selected.track.name")))
    assert walked == [(name, name) for name in ["MainThread", "worker-1", "MainThread", "GIL", "GIL"]]
    assert page.locator(TREE).count() == 1
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    wait(page, "e.querySelector('[aria-selected=true] .gt-said').textContent === e.around.spoken.textContent")
    page.keyboard.press("Enter")
    assert ask(page, "document.activeElement === e.around.later.answers.detail.element")
    page.keyboard.press("Escape")
    assert focused(page) == "worker-1"


def test_the_focus_stays_near_where_its_row_was(page: Page, server: Server) -> None:
    """Folded away by something else than its keys, as by a run that grows: what it stood under has the focus, and keys go on there."""
    server.file = (ROOT / "recordings/parallel_map.gilscope").read_bytes()
    open_page(page, server)
    wait(page, "s.layout.rows[4].track.name === 'ForkPoolWorker-1' && s.frame === 0")
    page.locator(TREE).focus()
    ask(page, "s.focusRow(s.layout.rows[6].track.id)")
    ask(page, "s.arrange((arrangement) => arrangement.fold(s.layout.rows[4].track.id))")
    wait(page, "s.frame === 0 && s.layout.rows[4].folded")
    assert focused(page) == "ForkPoolWorker-1"
    assert ask(page, "document.activeElement.ariaExpanded") == "false"
    page.keyboard.press("x")
    wait(page, "!s.layout.rows[4].folded")


def test_says_a_span_as_one_hears_it(page: Page, server: Server) -> None:
    """Who, what, how long in whole words, for what, held by whom, and the line."""
    open_page(page, server, fragment=f"{LOOK}&at=121000000&track=4")
    wait(page, "s.selected")
    told = page.locator(".gt-spoken[aria-live]").inner_text()
    assert (
        told
        == "worker-1 waits 2.55 milliseconds for the GIL, held by hasher, worker-2 and poller, line 11 of convoy.py"
    )


def test_a_thousand_tasks_stay_usable(page: Page, server: Server) -> None:
    """Only rows in sight are there, in order, and say which of how many they are; the one with the focus stays; folded, all are one strip."""
    open_page(page, server)
    assert ask(page, MANY) == ask(page, "m.rowCount")
    wait(page, "s.layout.rows.length > 1000 && s.frame === 0")
    page.locator(TREE).focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    name = focused(page)
    ask(page, "s.scroll.scrollTo(0, 9000)")
    wait(page, "e.querySelectorAll('[role=row]').length < 60 && e.querySelectorAll('[role=row]')[1].ariaRowIndex > 100")
    assert focused(page) == name
    seen = ask(page, "[...e.querySelectorAll('[role=row]')].map((row) => Number(row.ariaRowIndex))")
    assert seen == sorted(seen) and len(seen) > 5
    assert seen[0] == 4 and seen[1:] == list(range(seen[1], seen[-1] + 1))
    assert page.get_by_role("treegrid").get_attribute("aria-rowcount") == str(ask(page, "s.layout.rows.length"))
    ask(page, "s.arrange((one) => one.fold(99))")
    wait(page, "s.layout.rowOf.get(99).merged.length === 1000 && s.layout.rows.length < 20 && s.frame === 0")


def test_finds_filters_and_leads_on(page: Page, server: Server) -> None:
    """What is typed leaves the tracks that have it; Enter and N lead from place to place, Escape ends it."""
    open_page(page, server)
    page.locator(TREE).focus()
    page.keyboard.press("/")
    page.keyboard.type("blocked")
    wait(page, "s.found && s.found.tracks > 0")
    assert set(names(page)) == {"MainThread", "worker-1", "worker-2"}
    assert (
        page.locator(".gt-find-told").inner_text()
        == f"{ask(page, 's.found.spans')} places on {ask(page, 's.found.tracks')} tracks"
    )
    # What isn't looked for lies under a veil.
    veil = """(([at, row]) => { const { over, ratio } = s.painter.over, x = Math.round(s.scale.timeToPx(at) * ratio), y = Math.round((row.barTopPx + row.barPx / 2 - s.scroll.scrollTop) * ratio);
    return over.getImageData(x, y, 1, 1).data[3] > 0; })"""
    places = """((wanted) => { const row = s.layout.rows.find(({ track }) => track.name === 'worker-1'), { at, state, count } = row.track.rows;
    for (let n = 0; n + 1 < count; n += 1) if (at[n] > c.viewport.from && at[n + 1] - at[n] > 2e6 && (state[n] === 5) === wanted) return [(at[n] + at[n + 1]) / 2, row]; })"""
    wait(page, "s.frame === 0")
    assert [ask(page, f"{veil}({places}({wanted}))") for wanted in ("true", "false")] == [False, True]
    page.keyboard.press("Enter")
    first = ask(page, "[s.selected.state, s.selected.from, c.viewport.contains(s.selected.from)]")
    assert first[0] == 5 and first[2]
    page.keyboard.press("Enter")
    assert ask(page, "s.selected.from") > first[1]
    page.keyboard.press("Shift+Enter")
    assert ask(page, "s.selected.from") == first[1]
    page.get_by_label("Find", exact=True).fill("convoy.py:18")
    wait(page, "s.layout.rows.length === 1")
    assert names(page) == ["poller"]
    page.keyboard.press("Escape")
    wait(page, "s.layout.rows.length > 5")
    assert ask(page, "document.activeElement.role") == "row"
    page.keyboard.press("/")
    page.keyboard.type("no such thing")
    wait(page, "s.layout.rows.length === 0")
    assert "Try a part of a name" in page.locator(".gt-find-told").inner_text()
    size = page.viewport_size
    page.set_viewport_size({"width": 390, "height": 844})
    row = page.locator(".gt-find > :is(input, button)")
    assert len({(box["y"] + box["height"] / 2) // 4 for box in map(Locator.bounding_box, row.all()) if box}) == 1
    page.set_viewport_size(size)  # type: ignore[arg-type]
    page.get_by_role("button", name="Close the search").click()
    wait(page, "s.layout.rows.length > 5")
    assert page.get_by_role("search").count() == 0


def test_a_pressed_state_stands_out(page: Page, server: Server) -> None:
    """The legend says its sentence, and everything else is dimmed until it is pressed again."""
    open_page(page, server, fragment=LOOK)
    wait(page, "s.painter.palette && s.frame === 0")
    before = ask(page, "s.painter.palette.states.slice(0, 8).map((one) => one.css)")
    words = "['holder', 'gil-holder', 'resource-holder'].map((word) => s.painter.palette.css[word])"
    said = ask(page, words)
    # The head of an arrow, as drawn: it is as bright as text.
    brightest = """(() => { const { flows } = m, { ctx, ratio } = s.painter;
    const n = flows.visible(c.viewport.from, c.viewport.to, 0).chosen.find((n) => s.layout.rowOf.get(flows.toTrack[n])?.topPx > s.layout.rowOf.get(flows.fromTrack[n])?.topPx);
    const row = s.layout.rowOf.get(flows.toTrack[n]), x = s.scale.timeToPx(flows.toAt[n]) * ratio, y = (row.barTopPx - 5 - s.scroll.scrollTop) * ratio;
    const { data } = ctx.getImageData(Math.round(x) - 1, Math.round(y), 3, 1); return Math.max(...data.filter((_, i) => i % 4 === 0)); })()"""
    was = ask(page, brightest)
    assert was > 120
    blocked = page.get_by_role("button", name="blocked", exact=True)
    blocked.click()
    wait(page, f"s.painter.palette.states[1].css !== '{before[1]}'")
    after = ask(page, "s.painter.palette.states.slice(0, 8).map((one) => one.css)")
    assert [was == now for was, now in zip(before, after, strict=True)] == [n == 5 for n in range(8)]
    assert not set(said) & set(ask(page, words)), "who has a thing isn't what stands out"
    assert page.locator(".gt-meaning").inner_text().startswith("blocked: Waits for a lock")
    wait(page, "s.frame === 0")
    assert ask(page, brightest) < was / 2
    blocked.click()
    wait(page, f"s.painter.palette.states[1].css === '{before[1]}'")
    assert page.locator(".gt-meaning").is_hidden()


def test_the_arrangement_is_in_the_address_and_one_can_go_back(page: Page, server: Server) -> None:
    """A link restores what is pinned, folded, found, dimmed and quiet; Backspace leads back view by view, and leaves the browser's history alone."""
    told = "pin=5&only=5,4&find=worker&quiet=1"
    open_page(page, server, fragment=f"{LOOK}&at=119340000&track=4&{told}")
    wait(page, f"s.selected && s.layout.rows[0].track.id === 5 && location.hash.endsWith('{told}')")
    assert ask(page, "s.layout.rows.length < 8 && s.painter.palette.states[1].css !== s.painter.palette.css.running")
    assert page.get_by_label("Find", exact=True).input_value() == "worker"
    length = ask(page, "history.length")
    page.locator(TREE).focus()
    places = [ask(page, "location.hash")]
    for key in ["d", "w", "p", "ArrowRight"]:
        page.keyboard.press(key)
        wait(page, f"location.hash !== '{places[-1]}'")
        places.append(ask(page, "location.hash"))
    for view in places[-2::-1]:
        page.keyboard.press("Backspace")
        wait(page, f"location.hash === '{view}'")
    page.keyboard.press("Shift+Backspace")
    wait(page, f"location.hash === '{places[1]}'")
    assert ask(page, "history.length") == length


def test_leads_to_the_cause_and_back(page: Page, server: Server) -> None:
    """From a wait to the span in which the other thread let go, and back to the same view."""
    open_page(page, server, fragment=f"{LOOK}&at=121000000&track=4")
    wait(page, "s.selected && location.hash.includes('at=121')")
    flow = ask(
        page,
        "(() => { const f = m.flows, w = s.selected; for (let n = 0; n < f.count; n += 1) if (f.toTrack[n] === 4 && f.toAt[n] >= w.from && f.toAt[n] <= w.to) return [f.fromTrack[n], f.fromAt[n]]; })()",
    )
    page.locator(TREE).focus()
    page.keyboard.press("c")
    assert ask(page, "[s.selected.track.id, c.at]") == flow
    assert focused(page) == ask(page, f"m.name({flow[0]})")
    page.keyboard.press("Backspace")
    assert ask(page, "[s.selected.track.id, c.at]") == [4, 121_000_000]
