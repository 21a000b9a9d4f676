"""``stats().flags``: what is counted, when it is read, and whose it is."""

from __future__ import annotations

import copy
import pickle
import threading
import time
from collections.abc import Callable

from kameleoon import KameleoonClient, KameleoonClientConfig
from kameleoon.testing import Platform
from kameleoon.types.client_stats import ClientStats
from tests.core.programs import run
from tests.data_files import data_file, flag
from tests.figures.conftest import experiment, shop
from tests.integration.conftest import eventually

MakeOnline = Callable[..., KameleoonClient]


def ready(make_online: MakeOnline) -> KameleoonClient:
    client = make_online()
    assert client.wait_init(5000)
    return client


def total(stats: ClientStats, key: str) -> tuple[int, int]:
    figures = stats.flags[key]
    return figures.evaluated, sum(figures.exposed.values())


def test_what_callers_ask_is_counted_as_they_get_it(platform: Platform, make_online: MakeOnline) -> None:
    platform.set_data_file(shop())
    client = ready(make_online)
    before = time.time()
    answers = [client.get_variation(f"visitor {number % 50}", "checkout").key for number in range(100)]
    client.get_variation("visitor 99", "checkout", track=False)
    assert not client.is_feature_active("visitor 1", "old")
    figures = client.stats().flags
    assert list(figures) == ["checkout", "search", "old"]
    checkout = figures["checkout"]
    assert checkout.evaluated == 101
    assert sum(checkout.variations.values()) == 101
    assert checkout.exposed == {key: answers[:50].count(key) for key in ("off", "on")}, "each visitor once"
    assert checkout.last_asked is not None
    assert checkout.last_evaluated == checkout.last_asked
    assert before - 1 < checkout.last_asked < time.time() + 1
    assert (figures["old"].evaluated, figures["old"].variations) == (1, {})
    assert (figures["search"].evaluated, figures["search"].last_evaluated) == (0, None)


def test_all_flags_at_once_are_evaluated_and_not_asked_for(platform: Platform, make_online: MakeOnline) -> None:
    platform.set_data_file(shop())
    client = ready(make_online)
    client.get_variations("alice")
    flags = client.visitor("bob").evaluate()
    figures = client.stats().flags["checkout"]
    assert (figures.evaluated, sum(figures.exposed.values())) == (2, 1)
    assert figures.last_evaluated is not None
    assert figures.last_asked is None
    assert flags["checkout"].key == flags["checkout"].key
    figures = client.stats().flags["checkout"]
    assert (figures.evaluated, sum(figures.exposed.values())) == (2, 2), "looked at"
    assert figures.last_asked is not None
    assert client.stats().flags["search"].last_asked is None


def test_looking_is_no_evaluation() -> None:
    with KameleoonClient("site", KameleoonClientConfig.offline(shop())) as client:
        client.explain("alice", "checkout")
        client.get_data_file()
        client.snapshot()
        client.get_feature_list()
        client.evaluate_audiences("alice")
        assert client.stats().flags["checkout"].evaluated == 0
        client.get_variation("alice", "checkout")
        assert total(client.stats(), "checkout") == (1, 0), "offline nothing is sent"


def test_a_flag_that_a_test_overrides_is_not_counted() -> None:
    from kameleoon.testing import flags

    with KameleoonClient("site", KameleoonClientConfig.offline(shop())) as client:
        with flags({"checkout": "on"}):
            assert client.is_feature_active("alice", "checkout")
            client.get_variation("alice", "search")
        assert (total(client.stats(), "checkout")[0], total(client.stats(), "search")[0]) == (0, 1)


def test_counts_outlive_an_update(platform: Platform, make_online: MakeOnline) -> None:
    platform.set_data_file(shop(configuration={"realTimeUpdate": True}))
    client = ready(make_online)
    eventually(lambda: client.stats().data_source.state == "streaming")  # type: ignore[union-attr]
    client.get_variation("alice", "checkout")
    client.get_variation("alice", "search")
    platform.set_data_file(data_file(experiment("checkout", 1, share=0.4), dateModified=5))
    eventually(lambda: client.get_feature_list() == ["checkout"])
    client.get_variation("bob", "checkout")
    stats = client.stats()
    assert (total(stats, "checkout"), total(stats, "search")) == ((2, 2), (1, 1))
    assert not stats.flags["search"].is_in_data_file
    assert [ratio.experiment_id for ratio in stats.sample_ratios()] == [11]
    assert sum(variation.exposed for variation in stats.sample_ratios()[0].variations) == 1, "the split is another one"


def test_they_are_read_when_they_are_looked_at() -> None:
    many = data_file(*(experiment(f"flag {number}", number) for number in range(5_000)))
    with KameleoonClient("site", KameleoonClientConfig.offline(many)) as client:
        client.stats()  # imports what it needs
        stats = client.stats()
        client.get_variation("alice", "flag 7")
        assert total(stats, "flag 7") == (1, 0)
        client.get_variation("alice", "flag 7")
        assert total(stats, "flag 7") == (1, 0), "once"
        assert len(stats.flags) == 5_000

        def seconds(call: Callable[[], object]) -> float:
            start = time.perf_counter()
            call()
            return time.perf_counter() - start

        assert min(seconds(client.stats) for _ in range(20)) < min(
            seconds(lambda: client.stats().flags) for _ in range(5)
        )


def test_copies_hold_what_was_counted_and_compare_by_the_rest() -> None:
    with KameleoonClient("site", KameleoonClientConfig.offline(shop())) as client:
        client.get_variation("alice", "checkout")
        stats = client.stats()
        for other in (copy.copy(stats), copy.deepcopy(stats), pickle.loads(pickle.dumps(stats))):
            assert other == stats
            assert other.flags == stats.flags
            assert other.sample_ratios() == stats.sample_ratios()
        assert "_read=" not in repr(stats)


def test_figures_keep_no_client_alive(make_online: MakeOnline) -> None:
    import gc
    import weakref

    client = KameleoonClient("site", KameleoonClientConfig.offline(shop()))
    client.get_variation("alice", "checkout")
    client.close()
    stats, reference = client.stats(), weakref.ref(client)
    del client
    gc.collect()
    assert reference() is None
    assert stats.flags["checkout"].evaluated == 1


def test_threads_lose_nothing() -> None:
    with KameleoonClient("site", KameleoonClientConfig.offline(shop())) as client:

        def work(name: int) -> None:
            for number in range(500):
                client.is_feature_active(f"{name} {number}", "checkout")

        for _ in range(5):
            threads = [threading.Thread(target=work, args=(name,)) for name in range(20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        assert client.stats().flags["checkout"].evaluated == 5 * 20 * 500


def test_a_forked_child_counts_from_nothing(platform: Platform) -> None:
    platform.set_data_file(data_file(experiment(), flag("other", 2)))
    printed = run(
        """
        client = online()
        client.wait_init(5000)
        for number in range(30):
            client.get_variation(f"{number}", "flag")
        made = client.stats()
        time.sleep(0.05)
        child = os.fork()
        if child == 0:
            stats = client.stats()
            assert stats.flags["flag"].evaluated == 0 and not stats.flags["flag"].exposed
            assert stats.flags["flag"].last_evaluated is None
            assert stats.process_id == os.getpid() != made.process_id
            client.get_variation("0", "flag")
            client.get_variation("a new one", "flag")
            figures = client.stats().flags["flag"]
            assert figures.evaluated == 2, figures
            assert sum(figures.exposed.values()) == 1, "the parent has exposed the other one"
            assert client.stats().counted_since > made.counted_since
            print("child", flush=True)
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert client.stats().flags["flag"].evaluated == 30
        print("parent")
        """,
        platform.origin,
    )
    assert printed.split() == ["child", "parent"]
