"""Splink as the probabilistic choice: the same records, blocked, compared and scored by Splink 5 on DuckDB; an extra of the wheel."""

import logging
import warnings
from importlib.util import find_spec
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from gcrm.errors import DuplicateError
from gcrm.ingest.duplicates.blocks import LARGEST_BLOCK
from gcrm.ingest.duplicates.compare import Comparison
from gcrm.ingest.duplicates.find import COMMON_WORDS, Found, Known
from gcrm.ingest.duplicates.normalise import normalise
from gcrm.ingest.duplicates.records import Records, Texts
from gcrm.ingest.duplicates.score import DOUBTFUL, agree, doubts, first_guess

_MAX_PAIRS = 5e6
_BLOCKED = ("phone", "email", "tax_number")
_COMPARED = ("name", "street", "number", "postcode", "city", "phone", "email", "tax_number", "birth_date")
_MEMORY = "4GB"


def find_with_splink(frame: pd.DataFrame, *, least: float = DOUBTFUL, seed: int = 1) -> Found:
    """Finds the pairs of records that may be one, with Splink's model in place of the program's own.

    The rule that a shared place never makes a duplicate alone, and what speaks against a pair, hold here as they do there. Values that more than
    LARGEST_BLOCK records hold make no block: one huge block is what Splink runs out of memory on.

    Args:
        frame: as `gcrm.ingest.duplicates.find.find` takes it.
        least: least probability of a pair.
        seed: of Splink's random pairs.

    Raises:
        DuplicateError: Splink is not installed, or there are too few records for it to learn from.
    """
    if find_spec("splink") is None:
        raise DuplicateError("Splink is not installed; install gcrm with its extra (`pip install 'gcrm[splink]'`), or use `--matcher own`.")
    records = normalise(frame)
    of = Comparison.of(records)
    left, right, probability = _predicted(_table(records, of), least, seed)
    levels = of.levels(left, right)
    if levels:
        probability = np.where(doubts(levels), np.minimum(probability, DOUBTFUL), probability)
        probability = np.where(agree(levels), probability, 0.0)
    kept = np.flatnonzero(probability >= least)
    kept = kept[np.argsort(-probability[kept], kind="stable")]
    nobody = np.zeros(0, dtype=np.int64)
    return Found(
        left=left[kept],
        right=right[kept],
        probability=probability[kept],
        levels={name: level[kept] for name, level in levels.items()},
        known=Known(first_guess(), of.names.common(COMMON_WORDS, records.count)),
        skipped=(),
        apart=(nobody, nobody),
        compared=len(left),
        count=records.count,
    )


def _table(records: Records, of: Comparison) -> pa.Table:
    """The records as Splink takes them: text, missing where it is missing, and the keys it blocks by."""
    columns: dict[str, Any] = {"unique_id": np.arange(records.count)}
    for name in _COMPARED:
        columns[name] = pa.array(records[name].texts(), pa.string())
    for name in _BLOCKED:
        column = records[name]
        columns[f"{name}_key"] = pa.array(_only(column.holders <= LARGEST_BLOCK, column.texts()), pa.string())
    first, second = (np.append(words, -1)[records["name"].codes] for words in of.names.rarest(2))
    area = np.where(records["postcode"].codes >= 0, records["postcode"].texts(""), records["city"].texts(""))
    words = np.append(of.names.words, np.array([None], dtype=object))
    for name, word in (("word", first), ("other_word", second)):
        keys = pd.Series(words[word], dtype="str") + "|" + pd.Series(area, dtype="str")
        held = keys.map(keys.value_counts())
        columns[f"{name}_key"] = pa.array(keys.where(held <= LARGEST_BLOCK).to_numpy(dtype=object), pa.string(), from_pandas=True)
    address = of.address
    columns["address_key"] = pa.array(
        _only((address.codes >= 0) & (address.holders <= LARGEST_BLOCK), address.codes.astype(object)), pa.int64(), from_pandas=True
    )
    return pa.table(columns)


def _only(condition: NDArray[np.bool_], values: Texts) -> Texts:
    """The values where the condition holds; else missing."""
    kept = values.copy()
    kept[~condition] = None
    return kept


def _predicted(table: pa.Table, least: float, seed: int) -> tuple[Any, Any, Any]:
    """Positions and probability of the pairs that Splink finds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Splink warns of what it did not learn; what it does not know says nothing
        from splink import DuckDBAPI, Linker, SettingsCreator, block_on  # noqa: PLC0415 - an extra that need not be installed

        logging.getLogger("splink").setLevel(logging.ERROR)
        connection = duckdb.connect(config={"memory_limit": _MEMORY})
        used = {name for name in table.column_names if table[name].null_count < table.num_rows}
        keys = [name for name in ("phone_key", "email_key", "tax_number_key", "word_key", "other_word_key", "address_key") if name in used]
        if table.num_rows < 2 or not keys:  # noqa: PLR2004 - a pair
            nobody = np.zeros(0, dtype=np.int64)
            return nobody, nobody, np.zeros(0)
        settings = SettingsCreator(
            link_type="dedupe_only",
            comparisons=_comparisons(used),
            blocking_rules_to_generate_predictions=[block_on(name) for name in keys],
            retain_matching_columns=False,
            retain_intermediate_calculation_columns=False,
        )
        api = DuckDBAPI(connection)
        linker = Linker(api.register(table), settings, log_level=logging.ERROR)
        try:
            linker.training.estimate_u_using_random_sampling(max_pairs=_MAX_PAIRS, seed=seed, min_count_per_level=None)
            for name in keys[:4]:
                linker.training.estimate_parameters_using_expectation_maximisation(block_on(name), max_pairs=_MAX_PAIRS)
            found: pd.DataFrame = linker.inference.predict(threshold_match_probability=least).as_pandas_dataframe()  # type: ignore[no-untyped-call]
        except Exception as error:
            raise DuplicateError(
                f"Splink could not learn from these records ({type(error).__name__}: {str(error).strip()[:200]}); use `--matcher own`."
            ) from error
        finally:
            connection.close()
    low, high = (found[["unique_id_l", "unique_id_r"]].agg(how, axis=1).to_numpy(dtype=np.int64) for how in ("min", "max"))
    return low, high, found["match_probability"].to_numpy(dtype=np.float64)


def _comparisons(used: set[str]) -> list[Any]:
    import splink.comparison_library as library  # noqa: PLC0415 - an extra that need not be installed

    made = {
        "name": library.JaroWinklerAtThresholds("name", [0.95, 0.88]).configure(term_frequency_adjustments=True),
        "street": library.JaroWinklerAtThresholds("street", [0.95, 0.88]),
        "number": library.ExactMatch("number"),
        "postcode": library.ExactMatch("postcode"),
        "city": library.JaroWinklerAtThresholds("city", [0.9]),
        "phone": library.ExactMatch("phone"),
        "email": library.ExactMatch("email"),
        "tax_number": library.DamerauLevenshteinAtThresholds("tax_number", [1]),
        "birth_date": library.DamerauLevenshteinAtThresholds("birth_date", [1]),
    }
    return [comparison for name, comparison in made.items() if name in used]
