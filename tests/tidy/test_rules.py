"""The rules themselves, on small sources: each must find what it bans, and leave what it allows."""

import pytest

import arrows
import calls
import coroutines
import duplicates
import sizes
from source import Source


def rules_hit(check, *sources: Source) -> list[str]:
    return [finding.rule for finding in check(list(sources))]


class TestSource:
    def test_code_blanks_comments_and_literals_in_place(self):
        source = Source("lib/x/a.cc", 'int a = 1\'000;  // "x\nauto s = "a // b"; char c = \'"\'; /* { */ int z;')
        assert len(source.code) == len(source.text)
        assert source.code.startswith("int a = 1'000;  ")
        assert "//" not in source.code and "{" not in source.code and source.code.endswith("int z;")

    def test_raw_strings_are_literals(self):
        assert "{" not in Source("a.cc", 'auto s = R"j({"a": ")"})j";').code

    def test_includes_carry_line_and_kind(self):
        source = Source("a.cc", '#include <vector>\n\n  #  include "lib/x/a.h"\n// #include "no.h"\n')
        assert source.includes() == [(1, "vector", False), (3, "lib/x/a.h", True)]


def header(path: str, *includes: str) -> Source:
    return Source(path, "#pragma once\n" + "".join(f'#include "{target}"\n' for target in includes))


class TestArrows:
    @pytest.mark.parametrize(
        ("path", "target"),
        [
            ("sidecar/domain/a.h", "lib/result/result.h"),
            ("sidecar/domain/a.h", "sidecar/domain/b.h"),
            ("sidecar/domain/a.h", "lib/resolve/resolved_policy.h"),
            ("sidecar/stages/a.h", "sidecar/ports/b.h"),
            ("sidecar/app/a.h", "sidecar/http/b.h"),
            ("sidecar/main.cc", "sidecar/app/b.h"),
            ("tests/sidecar/http/a_test.cc", "sidecar/domain/b.h"),
        ],
    )
    def test_allowed(self, path, target):
        assert rules_hit(arrows.check_arrows, header(path, target), header(target)) == []

    @pytest.mark.parametrize(
        ("path", "target"),
        [
            ("sidecar/domain/a.h", "sidecar/dialect/b.h"),
            ("sidecar/domain/a.h", "lib/resolve/resolve.h"),
            ("sidecar/stages/a.h", "sidecar/http/b.h"),
            ("sidecar/http/a.h", "sidecar/stages/b.h"),
            ("sidecar/main.cc", "sidecar/http/b.h"),
            ("lib/net/a.h", "sidecar/http/b.h"),
            ("sidecar/app/a.h", "tests/fakes/b.h"),
        ],
    )
    def test_refused(self, path, target):
        assert rules_hit(arrows.check_arrows, header(path, target), header(target)) == ["arrows"]

    def test_unknown_folder_is_an_error(self):
        assert rules_hit(arrows.check_arrows, header("sidecar/novelty/a.h")) == ["arrows"]
        assert rules_hit(arrows.check_arrows, header("sidecar/stray.h")) == ["arrows"]

    def test_include_that_is_no_file_is_an_error(self):
        assert rules_hit(arrows.check_arrows, header("sidecar/domain/a.h", "b.h")) == ["arrows"]

    def test_the_table_itself_has_no_cycle(self):
        graph = {
            folder: {other for other in arrows.ARROWS if other != folder and arrows.allowed(folder, other)}
            - set(arrows.EVERYWHERE)
            for folder in arrows.ARROWS
            if folder not in arrows.EVERYWHERE
        }
        assert arrows.find_cycle(graph) == []

    def test_cycle_between_files_is_found(self):
        first, second = header("lib/api/a.h", "lib/api/b.h"), header("lib/api/b.h", "lib/api/a.h")
        findings = arrows.check_cycles([first, second])
        assert [finding.message for finding in findings] == ["lib/api/a.h -> lib/api/b.h -> lib/api/a.h"]

    def test_cycle_between_folders_is_found(self):
        sources = [
            header("lib/api/a.h", "lib/json/a.h"),
            header("lib/json/a.h"),
            header("lib/json/b.h", "lib/api/b.h"),
            header("lib/api/b.h"),
        ]
        assert rules_hit(arrows.check_cycles, *sources) == ["cycle"]

    def test_diamond_is_no_cycle(self):
        sources = [header("a/b/t.h", "a/b/l.h", "a/b/r.h"), header("a/b/l.h", "a/b/e.h"), header("a/b/r.h", "a/b/e.h")]
        assert rules_hit(arrows.check_cycles, *sources, header("a/b/e.h")) == []


class TestPure:
    @pytest.mark.parametrize(
        "text",
        [
            "#include <boost/asio.hpp>\n",
            "#include <openssl/evp.h>\n",
            "#include <thread>\n",
            "#include <random>\n",
            "auto t = std::chrono::steady_clock::now();",
            'auto e = getenv("X");',
        ],
    )
    def test_refused(self, text):
        assert rules_hit(arrows.check_pure, Source("sidecar/domain/a.cc", text)) == ["pure"]
        assert rules_hit(arrows.check_pure, Source("sidecar/app/a.cc", text)) == []

    def test_durations_and_comments_are_fine(self):
        text = "#include <chrono>\n// never calls steady_clock::now()\nusing T = std::chrono::seconds;"
        assert rules_hit(arrows.check_pure, Source("sidecar/domain/a.cc", text)) == []


class TestJsonLibraries:
    @pytest.mark.parametrize(
        ("path", "library", "hits"),
        [
            ("lib/json/json.cc", "nlohmann/json.hpp", 0),
            ("sidecar/admin/stats_json.cc", "nlohmann/json.hpp", 0),
            ("sidecar/http/session.cc", "nlohmann/json.hpp", 1),
            ("sidecar/dialect/peek.cc", "simdjson.h", 0),
            ("sidecar/domain/json_tree.cc", "simdjson.h", 0),
            ("sidecar/domain/prices.cc", "simdjson.h", 1),
        ],
    )
    def test_homes(self, path, library, hits):
        assert len(rules_hit(arrows.check_json_libraries, Source(path, f"#include <{library}>\n"))) == hits


class TestBannedCalls:
    @pytest.mark.parametrize(
        ("path", "text", "rule"),
        [
            ("sidecar/http/a.cc", "auto t = Clock::now();", "clock"),
            ("tests/sidecar/a_test.cc", "std::this_thread::sleep_for(1s);", "sleep"),
            ("sidecar/http/a.cc", "sleep(1);", "sleep"),
            ("tests/contract/test_a.py", "time.sleep(1)", "sleep"),
            ("sidecar/http/a.cc", "std::random_device d;", "randomness"),
            ("sidecar/http/a.cc", "int x = rand();", "randomness"),
            ("sidecar/http/a.cc", "asio::co_spawn(ex,\n  run(), asio::detached);", "detached"),
            ("sidecar/http/a.cc", "try { f(); } catch (...) { }", "catch-all"),
            ("tests/sidecar/a_test.cc", "EXPECT_CALL(x, f());", "mock"),
            ("sidecar/http/a.cc", "std::regex r;", "regex"),
        ],
    )
    def test_refused(self, path, text, rule):
        assert rules_hit(calls.check_banned_calls, Source(path, text)) == [rule]

    @pytest.mark.parametrize(
        ("path", "text"),
        [
            ("lib/clock/steady.cc", "return std::chrono::steady_clock::now();"),
            ("sidecar/app/workers.cc", "try { run(); } catch (...) { report(); }"),
            ("sidecar/app/workers.cc", "asio::co_spawn(ex, run(), asio::detached);"),
            ("sidecar/http/a.cc", "auto t = clock.now();"),
            ("sidecar/http/a.cc", "Instant Call::now() const { return io_.clock.now(); }"),
            ("sidecar/http/a.cc", "// ::now() and sleep_for() are banned\nstatic_assert(sizeof(int) == 4);"),
            ("sidecar/http/a.cc", "co_spawn(ex, run(), handler); log(detached);"),
            ("sidecar/http/a.cc", "do_not_sleep(1); timer.sleep(1); operand(); brand();"),
        ],
    )
    def test_allowed(self, path, text):
        assert rules_hit(calls.check_banned_calls, Source(path, text)) == []

    def test_gmock_header(self):
        assert rules_hit(calls.check_banned_headers, Source("tests/a_test.cc", "#include <gmock/gmock.h>\n"))

    @pytest.mark.parametrize(
        ("text", "hits"),
        [
            ("see /wo" + "rk/main/x", 1),
            ("cp a /ro" + "ot/b", 1),
            ("written by a sub" + "agent", 1),
            ("https://example.com/work/", 0),
            ("a/root/b, docs/work/b", 0),
        ],
    )
    def test_words(self, text, hits):
        assert len(rules_hit(calls.check_words, Source("docs/a.md", text))) == hits


class TestCoroutines:
    @pytest.mark.parametrize(
        "statement",
        [
            "auto n = co_await run([req] { return work(req); });",
            "auto n = co_await send(Frame{head, body});",
            "auto n = co_await (hot ? fast() : slow());",
            "auto n = hot ? co_await fast() : 0;",
            "Pair p{co_await a(), 1};",
            "auto n = co_await a() + co_await b();",
            'auto n = co_await cmd({"GET", key});',
            "co_await fetch(key);",
            "co_await stream.async_write(buffer);",
            "while (true) { co_await fetch(key); }",
            "f(); co_await fetch(key);",
        ],
    )
    def test_refused(self, statement):
        source = Source("sidecar/http/a.cc", f"Task<int> f(int key) {{\n  {statement}\n}}\n")
        assert "co_await" in rules_hit(coroutines.check_coroutines, source)

    @pytest.mark.parametrize(
        "statement",
        [
            "auto n = co_await fetch(key);",
            "const auto [error, size] = co_await read(socket, scratch[0]);",
            "if (co_await ready(socket)) { stop(); }",
            "co_return co_await fetch(key);",
            "(void)co_await fetch(key);",
            "co_await ready.wait();",
            "co_await gate;",
            "if (a ? b : c) { const int x = co_await fetch(key); }",
            "for (const auto& item : items) { total += co_await size_of(item); }",
            "case Kind::kOne: { const int x = co_await fetch(key); break; }",
            "auto work = [key]() -> Task<int> { co_return key; }; auto n = co_await run(std::move(work));",
            "const Frame frame{head, body}; const int x = co_await send(frame);",
            "// co_await f({})\n",
        ],
    )
    def test_allowed(self, statement):
        source = Source("sidecar/http/a.cc", f"Task<int> f(int key) {{\n  {statement}\n}}\n")
        assert [str(finding) for finding in coroutines.check_coroutines([source])] == []

    @pytest.mark.parametrize(
        ("declarations", "hits"),
        [
            ("Task<> flush(int a, int b);", []),
            ("Task<void> Session::flush(int a,\n  int b = 2);", []),
            ("awaitable<void, Ex> flush(int a, int b);", []),
            ("Task<Result<int>> flush(int a, int b);", ["co_await"]),
            ("Task<> flush();", ["co_await"]),
            ("Task<> flush(int a, Map<int, int> b); Task<bool> A::flush(int a, int b);", ["co_await"]),
            ("Task<> flush(int a, Map<int, int> b); Task<bool> flush(int a);", []),
        ],
    )
    def test_declared_tasks_without_result(self, declarations, hits):
        header = Source("sidecar/http/a.h", declarations)
        source = Source("sidecar/http/a.cc", "Task<> f() { co_await of(stream).flush(f(1, 2), b); }")
        assert rules_hit(coroutines.check_coroutines, header, source) == hits

    def test_trailing_return_type_opens_a_block(self):
        source = Source("sidecar/http/a.cc", "auto f() -> Task<int> { const int x = co_await g(); co_return x; }")
        assert rules_hit(coroutines.check_coroutines, source) == []


class TestSizes:
    def test_hard_stop(self):
        assert rules_hit(sizes.check_file_sizes, Source("lib/x/a.cc", "int x;\n" * 401)) == ["size"]
        assert rules_hit(sizes.check_file_sizes, Source("lib/x/a.cc", "int x;\n" * 400)) == []
        assert rules_hit(sizes.check_file_sizes, Source("tests/x/a_test.cc", "int x;\n" * 800)) == []
        assert rules_hit(sizes.check_file_sizes, Source("tests/x/a_test.cc", "int x;\n" * 801)) == ["size"]
        assert rules_hit(sizes.check_file_sizes, Source("docs/a.md", "text\n" * 2000)) == []

    def test_soft_limit_is_reported(self):
        assert rules_hit(sizes.over_soft_limit, Source("lib/x/a.h", "int x;\n" * 151)) == ["size"]
        assert rules_hit(sizes.over_soft_limit, Source("lib/x/a.h", "int x;\n" * 150)) == []

    @pytest.mark.parametrize(
        "opening",
        ["int f() {", "Task<> Session::run(int a) noexcept {", "Limits::Limits(int a)\n    : a_(a), b_(a) {"],
    )
    def test_long_function(self, opening):
        body = "  g();\n" * 68
        fits = f"namespace x {{\n{opening}\n{body}}}\n}}\n"
        assert rules_hit(sizes.check_functions, Source("lib/x/a.cc", fits)) == []
        long = f"namespace x {{\n{opening}\n  g();\n{body}}}\n}}\n"
        assert rules_hit(sizes.check_functions, Source("lib/x/a.cc", long)) == ["function-size"]

    def test_preprocessor_lines_do_not_make_a_namespace_a_function(self):
        text = "#if defined(A)\n#define B(x) \\\n  f(x)\n#endif\nnamespace x {\n" + "int a;\n" * 90 + "}\n"
        assert rules_hit(sizes.check_functions, Source("lib/x/a.h", text)) == []

    def test_long_class_and_table_are_no_functions(self):
        members = "  int a = 0;\n" * 90
        assert rules_hit(sizes.check_functions, Source("lib/x/a.h", f"struct A {{\n{members}}};\n")) == []
        rows = "  {1, 2},\n" * 90
        assert rules_hit(sizes.check_functions, Source("lib/x/a.cc", f"constexpr Row kRows[] = {{\n{rows}}};\n")) == []

    @pytest.mark.parametrize("name", ["lib/x/string_utils.h", "lib/common/a.h", "sidecar/http/pool_manager.cc"])
    def test_empty_names(self, name):
        assert rules_hit(sizes.check_names, Source(name, "")) == ["name"]

    def test_names_that_say_something(self):
        assert rules_hit(sizes.check_names, Source("lib/x/commonality.h", "")) == []

    def test_pragma_once(self):
        assert rules_hit(sizes.check_pragma_once, Source("lib/x/a.h", "// Why.\n#pragma once\n")) == []
        assert rules_hit(sizes.check_pragma_once, Source("lib/x/a.h", "int x;\n")) == ["pragma-once"]


class TestDuplicates:
    BLOCK = "".join(f"  value_{i} = compute(value_{i}, {i});\n" for i in range(6))

    def test_block_in_two_files_is_found_once(self):
        first = Source("lib/x/a.cc", f"void f() {{\n{self.BLOCK}}}\n")
        second = Source("lib/x/b.cc", f"int unrelated;\nvoid g() {{\n{self.BLOCK}}}\n")
        found = duplicates.find_duplicates([first, second])
        assert len(found) == 1
        assert (found[0].first, found[0].second) == ("lib/x/a.cc", "lib/x/b.cc")
        assert found[0].tokens >= 54  # six lines of nine tokens

    def test_other_strings_are_other_tokens(self):
        rows = [Source(f"lib/x/{n}.cc", "".join(f'  row("{n}{i}", 1);\n' for i in range(20))) for n in "ab"]
        assert duplicates.find_duplicates(rows) == []

    def test_includes_do_not_count(self):
        text = "".join(f"#include <a{i}>\n" for i in range(40))
        assert duplicates.find_duplicates([Source("a.cc", text), Source("b.cc", text)]) == []
