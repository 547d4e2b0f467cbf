using System.Diagnostics;
using Microsoft.Extensions.Logging;

namespace SidecarPatterns.Benchmarks;

/// <summary>The measurements of one contender; another one has its turn between two of them.</summary>
internal sealed class LogRun(string name, Func<string, ILogContender> create) : IDisposable
{
    private const int BurstLines = 1_000;
    private const int StreamLines = 400_000;
    private const int StreamWarmUp = 20_000;

    // What the generator of Microsoft.Extensions.Logging makes of a log method; here a package brings another one, which would take its place.
    private static readonly Action<ILogger, int, string, Exception?> PlacedCore =
        LoggerMessage.Define<int, string>(LogLevel.Information, new EventId(1, nameof(Placed)), "Order {Id} placed by {Customer}");

    private static readonly Action<ILogger, int, string, Exception?> StreamedCore =
        LoggerMessage.Define<int, string>(LogLevel.Information, new EventId(2, nameof(Streamed)), "Order {Id} in the stream of {Customer}");

    private static readonly double OwnCost = MeasureOwnCost();

    private readonly List<double> _burst = [];
    private readonly List<double> _burstBytes = [];
    private readonly List<double> _sparse = [];
    private readonly List<double> _sparseBytes = [];
    private readonly List<double> _stream = [];
    private readonly string _folder = Directory.CreateTempSubdirectory("log-benchmark-").FullName;
    private ILogContender? _contender;
    private long _arrived = long.MaxValue;

    public string Name => name;

    public double BurstNanoseconds => Median(_burst);

    public double BurstBytes => Median(_burstBytes);

    public bool HasSparse => _sparse.Count > 0;

    public double SparseNanoseconds => Median(_sparse);

    /// <summary>The time that one sparse call in twenty exceeds.</summary>
    public double SparseTail => Part(_sparse, 0.95);

    public double SparseBytes => _sparseBytes.Sum() / _sparse.Count;

    /// <summary>Lines that are in the file, for each second from the first call until all are there.</summary>
    public double LinesPerSecond => Median(_stream);

    /// <summary>How many of a stream's lines were in the file at its end, at worst.</summary>
    public double Arrived => (double)_arrived / StreamLines;

    /// <summary>How long a line of the stream is in the file.</summary>
    public double BytesOfLine { get; private set; }

    private ILogger Logger => (_contender ??= create(_folder)).Logger;

    /// <summary>A burst of lines, after which there is time to write them.</summary>
    public void MeasureBurst(bool isWarmUp)
    {
        ILogger logger = Logger;
        long bytes = GC.GetAllocatedBytesForCurrentThread();
        long start = Stopwatch.GetTimestamp();
        for (int i = 0; i < BurstLines; i++)
            Placed(logger, i, "a customer");

        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
        Thread.Sleep(15);
        if (!isWarmUp)
        {
            _burst.Add(elapsed.TotalNanoseconds / BurstLines);
            _burstBytes.Add((double)bytes / BurstLines);
        }
    }

    /// <summary>A line every millisecond, each measured by itself.</summary>
    public void MeasureSparse(int lines)
    {
        ILogger logger = Logger;
        for (int i = 0; i < lines; i++)
        {
            Thread.Sleep(1);
            long bytes = GC.GetAllocatedBytesForCurrentThread();
            long start = Stopwatch.GetTimestamp();
            Placed(logger, i, "a customer");
            long end = Stopwatch.GetTimestamp();
            bytes = GC.GetAllocatedBytesForCurrentThread() - bytes;
            _sparse.Add(Nanoseconds(start, end) - OwnCost);
            _sparseBytes.Add(bytes);
        }
    }

    /// <summary>Lines without a pause, until all that were accepted are in the file.</summary>
    public void MeasureStream()
    {
        string folder = Directory.CreateDirectory(Path.Combine(_folder, $"stream-{_stream.Count}")).FullName;
        long start;
        using (ILogContender contender = create(folder))
        {
            for (int i = 0; i < StreamWarmUp; i++)
                Placed(contender.Logger, i, "a customer");

            Thread.Sleep(100);
            start = Stopwatch.GetTimestamp();
            for (int i = 0; i < StreamLines; i++)
                Streamed(contender.Logger, i, "a customer");
        }

        TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
        long arrived = Directory.EnumerateFiles(folder).SelectMany(File.ReadLines).LongCount(static line => line.Contains("in the stream", StringComparison.Ordinal));
        long lines = Directory.EnumerateFiles(folder).Sum(static file => File.ReadLines(file).LongCount());
        BytesOfLine = (double)Directory.EnumerateFiles(folder).Sum(static file => new FileInfo(file).Length) / Math.Max(1, lines);
        Directory.Delete(folder, recursive: true);
        _arrived = Math.Min(_arrived, arrived);
        _stream.Add(arrived / elapsed.TotalSeconds);
    }

    public void Dispose()
    {
        _contender?.Dispose();
        Directory.Delete(_folder, recursive: true);
    }

    private static void Placed(ILogger logger, int id, string customer) => PlacedCore(logger, id, customer, null);

    private static void Streamed(ILogger logger, int id, string customer) => StreamedCore(logger, id, customer, null);

    // Not as a TimeSpan, which counts in steps of 100 ns.
    private static double Nanoseconds(long start, long end) => (end - start) * (1e9 / Stopwatch.Frequency);

    /// <summary>What it costs to look at the clock twice.</summary>
    private static double MeasureOwnCost()
    {
        List<double> costs = [];
        for (int i = 0; i < 100_001; i++)
        {
            long start = Stopwatch.GetTimestamp();
            costs.Add(Nanoseconds(start, Stopwatch.GetTimestamp()));
        }

        return Median(costs);
    }

    private static double Median(List<double> values) => Part(values, 0.5);

    private static double Part(List<double> values, double part)
    {
        double[] sorted = [.. values.Order()];
        return sorted[(int)(part * (sorted.Length - 1))];
    }
}
