using System.Runtime.CompilerServices;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace SidecarPatterns;

/// <summary>The series of an instrument by their tags. To find one that is known takes no lock and allocates nothing.</summary>
/// <param name="limit">How many sets of tags there may be; measurements with others go to the overflow series.</param>
/// <param name="create">Makes a series of its tags and what they read as.</param>
internal sealed class SeriesTable(int limit, Func<Tag[], string, Series> create)
{
    private const int FirstSize = 8;

    private readonly Lock _writing = new();

    // Written under the lock, and read without it: entries never change, and are reached only once they are whole.
    private Entry?[] _buckets = new Entry?[FirstSize];
    private int _entries;
    private Series? _untagged;
    private Series? _overflow;

    // Under the lock alone.
    private readonly Dictionary<string, Series> _byText = new(StringComparer.Ordinal);
    private readonly List<Series> _all = [];
    private Series[] _frozen = [];

    /// <summary>Whether there have been measurements beyond the limit.</summary>
    public bool HasOverflow => Volatile.Read(ref _overflow) is not null;

    /// <summary>The series of a set of tags: known, made now, or the overflow's.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Series Find(ReadOnlySpan<Tag> tags)
    {
        if (tags.IsEmpty)
        {
            return Volatile.Read(ref _untagged) ?? AddUntagged();
        }

        var hash = TagSet.Hash(tags);
        return TryFind(tags, hash) ?? FindOrAdd(tags, hash);
    }

    /// <summary>All series, in the order in which they came.</summary>
    /// <remarks>The array is the same one until there is another series, and is not to be written.</remarks>
    public Series[] Freeze()
    {
        lock (_writing)
        {
            return _frozen.Length == _all.Count ? _frozen : _frozen = [.. _all];
        }
    }

    /// <summary>Forgets series. Only where nobody else is finding some: they could go on with one that is gone.</summary>
    public void Sweep(Predicate<Series> isStale)
    {
        lock (_writing)
        {
            if (_all.RemoveAll(isStale) == 0)
            {
                return;
            }

            _frozen = [];
            _byText.Clear();
            foreach (var series in _all)
            {
                _byText.TryAdd(series.Text, series);
            }

            _untagged = _untagged is { } untagged && _all.Contains(untagged) ? untagged : null;
            _overflow = _overflow is { } overflow && _all.Contains(overflow) ? overflow : null;
            Rebuild(_buckets.Length, entry => _byText.TryGetValue(entry.Series.Text, out var kept) && ReferenceEquals(kept, entry.Series));
        }
    }

    private Series? TryFind(ReadOnlySpan<Tag> tags, uint hash)
    {
        var buckets = Volatile.Read(ref _buckets);
        for (var entry = Volatile.Read(ref buckets[hash & (uint)(buckets.Length - 1)]); entry is not null; entry = entry.Next)
        {
            if (entry.Hash == hash && TagSet.AreSame(entry.Tags, tags))
            {
                return entry.Series;
            }
        }

        return null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Series FindOrAdd(ReadOnlySpan<Tag> tags, uint hash)
    {
        if (!TagSet.IsPlain(tags))
        {
            tags = TagSet.ToPlain(tags);
            hash = TagSet.Hash(tags);
            if (TryFind(tags, hash) is { } known)
            {
                return known;
            }
        }

        return Volatile.Read(ref _entries) >= limit ? Volatile.Read(ref _overflow) ?? AddOverflow() : Add(tags.ToArray(), hash);
    }

    private Series Add(Tag[] tags, uint hash)
    {
        var shown = TagSet.ToShow(tags);
        var text = PrometheusLabels.Of(shown); // Outside of the lock: values are the user's.
        lock (_writing)
        {
            if (TryFind(tags, hash) is { } known)
            {
                return known;
            }

            if (_entries >= limit)
            {
                return _overflow ?? AddOverflow();
            }

            // Tags that read the same, such as 1 and "1", are one series: to whoever reads, they would be the same one twice.
            var series = GetOrAdd(shown, text);
            if (_entries >= _buckets.Length)
            {
                Rebuild(_buckets.Length * 2, static _ => true);
            }

            Insert(_buckets, new Entry(hash, tags, series));
            Volatile.Write(ref _entries, _entries + 1);
            return series;
        }
    }

    private Series AddUntagged()
    {
        lock (_writing)
        {
            var series = GetOrAdd([], "");
            Volatile.Write(ref _untagged, series);
            return series;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Series AddOverflow()
    {
        lock (_writing)
        {
            if (_overflow is null)
            {
                Tag[] tags = [new("otel.metric.overflow", true)];
                var series = GetOrAdd(tags, PrometheusLabels.Of(tags));
                series.IsOverflow = true;
                Volatile.Write(ref _overflow, series);
            }

            return _overflow;
        }
    }

    private Series GetOrAdd(Tag[] shown, string text)
    {
        if (!_byText.TryGetValue(text, out var series))
        {
            series = create(shown, text);
            _byText.Add(text, series);
            _all.Add(series);
        }

        return series;
    }

    private void Rebuild(int size, Predicate<Entry> isKept)
    {
        var entries = 0;
        var buckets = new Entry?[size];
        foreach (var first in _buckets)
        {
            for (var entry = first; entry is not null; entry = entry.Next)
            {
                if (isKept(entry))
                {
                    Insert(buckets, new Entry(entry.Hash, entry.Tags, entry.Series));
                    entries++;
                }
            }
        }

        Volatile.Write(ref _buckets, buckets);
        Volatile.Write(ref _entries, entries);
    }

    private static void Insert(Entry?[] buckets, Entry entry)
    {
        ref var bucket = ref buckets[entry.Hash & (uint)(buckets.Length - 1)];
        entry.Next = bucket;
        Volatile.Write(ref bucket, entry);
    }

    private sealed class Entry(uint hash, Tag[] tags, Series series)
    {
        public readonly uint Hash = hash;
        public readonly Tag[] Tags = tags;
        public readonly Series Series = series;

        /// <summary>Set before the entry can be reached.</summary>
        public Entry? Next;
    }
}
