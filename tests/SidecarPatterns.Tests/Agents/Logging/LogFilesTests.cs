using System.IO.Compression;
using System.Text.Json;

namespace SidecarPatterns.Tests;

/// <summary>The files: when a new one is begun, which are kept, who writes to which, and what somebody else does to them.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class LogFilesTests : FolderTests<LogFolder>
{
    private static readonly TimeSpan Day = TimeSpan.FromDays(1);

    private TestClock _clock = null!;
    private LogFileOptions _options = null!;
    private ErrorStream _error = null!;

    [SetUp]
    public void Begin()
    {
        _clock = new TestClock();
        _options = new LogFileOptions();
        _error = new ErrorStream();
    }

    [Test]
    public void Size_Reached_BeginsTheNextFileAndSplitsNoLine()
    {
        _options.MaxBytes = 1024;
        using var store = NewStore();
        for (var i = 0; i < 50; i++)
        {
            Write(store, $"line {i}");
        }

        Write(store, Enumerable.Range(50, 50).Select(static i => $"line {i}").ToArray());
        using (Assert.EnterMultipleScope())
        {
            Assert.That(Folder.Messages, Is.EqualTo(Enumerable.Range(0, 100).Select(static i => $"line {i}")));
            Assert.That(Folder.Files.Take(2), Is.EqualTo(new[] { "app-20000101-10.jsonl", "app-20000101-2.jsonl" }));
            Assert.That(Folder.Files.Select(file => new FileInfo(Folder.PathOf(file)).Length), Is.All.LessThanOrEqualTo(1024));
            Assert.That(store.CurrentFile, Is.EqualTo(Folder.PathOf("app-20000101-10.jsonl")));
        }
    }

    [Test]
    public void Line_LongerThanAFile_HasOneOfItsOwn()
    {
        _options.MaxBytes = 1024;
        using var store = NewStore();
        var huge = new string('x', 5_000_000);
        Write(store, "before");
        Write(store, huge, "after");
        Assert.That(Folder.Messages, Is.EqualTo(new[] { "before", huge, "after" }));
        Assert.That(Folder.Files, Has.Count.EqualTo(3));
    }

    [Test]
    public void Day_Over_BeginsANewFileWithinABatchTooAndNeverGoesBack()
    {
        using var store = NewStore();
        LogEntry last = Line("last of the day");
        _clock.Advance(Day);
        LogEntry[] batch = [last, Line("first of the next")];
        Assert.That(store.Write(batch, 0), Is.EqualTo(1));
        Assert.That(store.Write(batch, 1), Is.EqualTo(2));
        _clock.JumpWallClock(-Day);
        Write(store, "the clock was set back");
        Assert.That(Folder.Files, Is.EqualTo(new[] { "app-20000101.jsonl", "app-20000102.jsonl" }));
        Assert.That(Folder.Read("app-20000102.jsonl"), Has.Count.EqualTo(2));
    }

    [Test]
    public void Start_GoesOnWithTheNewestFileOfTheDay()
    {
        _options.MaxBytes = 1024;
        using (var store = NewStore())
        {
            for (var i = 0; i < 15; i++)
            {
                Write(store, $"line {i}");
            }
        }

        var files = Folder.Files;
        using (var store = NewStore())
        {
            Write(store, "again");
        }

        Assert.That(Folder.Files, Is.EqualTo(files), "it had room");
        Assert.That(Folder.Messages[^1], Is.EqualTo("again"));
    }

    [TestCase("{\"time\":\"2000")]
    [TestCase("\0\0\0")]
    [TestCase("x")]
    public void Start_AfterATornLine_CutsItAndTells(string torn)
    {
        using (var store = NewStore())
        {
            Write(store, "whole");
        }

        File.AppendAllText(Folder.PathOf(Folder.Files.Single()), torn);
        using (var store = NewStore())
        {
            Write(store, "next");
        }

        Assert.That(Folder.Messages, Is.EqualTo(new[] { "whole", "next" }));
        Assert.That(Folder.Notices("TornLineCut").Single().GetProperty("properties").GetProperty("Bytes").GetInt32(), Is.EqualTo(torn.Length));
    }

    [Test]
    public void Start_AfterATornLineOfAnotherDay_CutsThatToo()
    {
        using (var store = NewStore())
        {
            Write(store, "whole");
        }

        File.AppendAllText(Folder.PathOf("app-20000101.jsonl"), new string('x', 200_000));
        _clock.Advance(Day);
        using (var store = NewStore())
        {
            Write(store, "next");
        }

        Assert.That(Folder.Read("app-20000101.jsonl"), Has.Count.EqualTo(1));
        Assert.That(Folder.Notices("TornLineCut"), Has.Count.EqualTo(1));
    }

    [Test]
    public void Start_FileOfNothingButATornLine_IsEmptied()
    {
        File.WriteAllText(Folder.PathOf("app-20000101.jsonl"), new string('x', 200_000));
        using var store = NewStore();
        Write(store, "first");
        Assert.That(Folder.Messages, Is.EqualTo(new[] { "first" }));
    }

    [Test]
    public async Task Count_OfFiles_IsBoundedAndOthersAreLeftAlone()
    {
        string[] foreign = ["app.log", "app-20000101.jsonl.bak", "apple-20000101.jsonl", "app-2000-1-1.jsonl", "app-20000101-1.jsonl", "app-20000101-02.jsonl", "app+1-20000101.jsonl"];
        foreach (var file in foreign)
        {
            File.WriteAllText(Folder.PathOf(file), "not ours");
        }

        _options.MaxFiles = 3;
        using var store = NewStore();
        for (var day = 0; day < 6; day++)
        {
            Write(store, $"day {day}");
            await store.Kept.InTime();
            _clock.Advance(Day);
        }

        await store.Kept.InTime();
        Assert.That(Folder.Files, Is.EquivalentTo(foreign.Concat(["app-20000104.jsonl", "app-20000105.jsonl", "app-20000106.jsonl"])));
    }

    [Test]
    public async Task Files_ManyTooMany_AreDeletedInOneRoundAndNothingIsTold()
    {
        for (var month = 1; month <= 9; month++)
        {
            File.WriteAllText(Folder.PathOf($"app-19990{month}01.jsonl"), "old");
        }

        _options.MaxFiles = 3;
        using var store = NewStore();
        Write(store, "new");
        await store.Kept.InTime();
        Assert.That(Folder.Files, Is.EqualTo(new[] { "app-19990801.jsonl", "app-19990901.jsonl", "app-20000101.jsonl" }));
        Assert.That(_error.Text, Is.Empty);
    }

    [Test]
    public async Task Bytes_OfAllFiles_AreBoundedButTheCurrentOneStays()
    {
        _options.MaxTotalBytes = 1024;
        using var store = NewStore();
        for (var day = 0; day < 4; day++)
        {
            Write(store, new string('x', day == 3 ? 2_000 : 500));
            await store.Kept.InTime();
            _clock.Advance(Day);
        }

        await store.Kept.InTime();
        Assert.That(Folder.Files, Is.EqualTo(new[] { "app-20000104.jsonl" }));
        Write(store, "next day");
        await store.Kept.InTime();
        Assert.That(Folder.Files, Is.EqualTo(new[] { "app-20000105.jsonl" }));
    }

    [Test]
    public async Task Age_OfAFile_IsThatOfItsLastLine()
    {
        _options.MaxAge = TimeSpan.FromDays(2);
        using var store = NewStore();
        for (var day = 0; day < 4; day++)
        {
            Write(store, $"day {day}");
            File.SetLastWriteTimeUtc(store.CurrentFile!, _clock.GetUtcNow().UtcDateTime);
            await store.Kept.InTime();
            _clock.Advance(Day);
        }

        Write(store, "day 4");
        await store.Kept.InTime();
        Assert.That(Folder.Files, Is.EqualTo(new[] { "app-20000103.jsonl", "app-20000104.jsonl", "app-20000105.jsonl" }));
    }

    [Test]
    public async Task Keeper_NextFileIsBegunBeforeItIsToldOf_LeavesItAlone()
    {
        string[] files = ["app-20000101.jsonl", "app-20000101-2.jsonl", "app-20000101-3.jsonl"];
        Array.ForEach(files, file => File.WriteAllText(Folder.PathOf(file), "{}\n"));
        List<string> told = [];
        using var keeper = new LogKeeper(Folder.Path, "app", new LogFileOptions { Compress = true, MaxFiles = 1 }, _clock, told.Add);

        keeper.Begin(new LogFileName(Slot: 1, new DateOnly(2000, 1, 1), Number: 2, IsCompressed: false));
        await keeper.Done.InTime();

        Assert.That(Folder.Files, Is.EqualTo(new[] { "app-20000101-2.jsonl", "app-20000101-3.jsonl" }), "the one before went, since there are to be few");
        Assert.That(told, Is.Empty);
    }

    [Test]
    public async Task Compress_FilesThatAreDone_AreReadableByGzipAndTheirNumbersAreNotUsedAgain()
    {
        _options.Compress = true;
        _options.MaxBytes = 1024;
        File.WriteAllText(Folder.PathOf("app-19991231.jsonl"), "{\"message\":\"left by the process before\"}\n");
        using (var store = NewStore())
        {
            for (var i = 0; i < 25; i++)
            {
                Write(store, $"line {i}");
            }

            await store.Kept.InTime();
        }

        Assert.That(Folder.Files, Is.EqualTo(new[]
        {
            "app-19991231.jsonl.gz", "app-20000101-2.jsonl.gz", "app-20000101-3.jsonl", "app-20000101.jsonl.gz",
        }));
        Assert.That(
            Unzip("app-20000101.jsonl.gz").Concat(Unzip("app-20000101-2.jsonl.gz")).Concat(Folder.Messages), Is.EqualTo(Enumerable.Range(0, 25).Select(static i => $"line {i}")));
        File.Delete(Folder.PathOf("app-20000101-3.jsonl"));
        using (var store = NewStore())
        {
            Write(store, "again");
            Assert.That(store.CurrentFile, Does.EndWith("app-20000101-3.jsonl"));
        }
    }

    [Test]
    public void Processes_OfOneName_NeverWriteOneFile()
    {
        using (var first = NewStore())
        using (var second = NewStore())
        {
            Write(first, "of the first");
            Write(second, "of the second");
            using var third = NewStore();
            Write(third, "of the third");
            Write(first, "of the first again");
            Assert.That(Folder.Files, Is.EqualTo(new[] { "app+2-20000101.jsonl", "app+3-20000101.jsonl", "app-20000101.jsonl" }));
        }

        using var next = NewStore();
        Write(next, "after them");
        Assert.That(next.CurrentFile, Does.EndWith("app-20000101.jsonl"), "the right to a file ends with the process");
        Assert.That(Folder.Read("app-20000101.jsonl"), Has.Count.EqualTo(3));
    }

    [Test]
    public async Task Retention_LeavesTheNewestFileOfAnotherProcess()
    {
        _options.MaxFiles = 1;
        using var first = NewStore();
        using var second = NewStore();
        Write(first, "one");
        Write(second, "two");
        await first.Kept.InTime();
        await second.Kept.InTime();
        Assert.That(Folder.Files, Has.Count.EqualTo(2));
    }

    [Test]
    public void File_CanBeReadWhileItIsWritten()
    {
        using var store = NewStore();
        Write(store, "one");
        Assert.That(File.ReadAllLines(store.CurrentFile!), Has.Length.EqualTo(1));
        Write(store, "two");
        Assert.That(File.ReadAllLines(store.CurrentFile!), Has.Length.EqualTo(2));
    }

    [Test]
    public void File_Deleted_IsNoticedWithinASecond()
    {
        using var store = NewStore();
        Write(store, "one");
        File.Delete(store.CurrentFile!);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Write(store, "two");
        Write(store, "three");
        Assert.That(Folder.Messages, Is.EqualTo(new[] { "two", "three" }));
        Assert.That(Folder.Notices("FileReplaced"), Has.Count.EqualTo(1));
    }

    [Test]
    public void Folder_Removed_IsMadeAnew()
    {
        using var store = NewStore();
        Write(store, "one");
        Directory.Delete(Folder.Path, recursive: true);
        _clock.Advance(TimeSpan.FromSeconds(1));
        Write(store, "two");
        Assert.That(Folder.Messages, Is.EqualTo(new[] { "two" }));
    }

    [TestCase(false)]
    [TestCase(true)]
    public void File_RotatedBySomebodyElse_LosesNoLine(bool isMadeAnew)
    {
        using var store = NewStore();
        Write(store, "one");
        var file = store.CurrentFile!;
        File.Move(file, Folder.PathOf("rotated"));
        if (isMadeAnew)
        {
            File.WriteAllText(file, "");
        }

        Write(store, "still in the old one");
        _clock.Advance(TimeSpan.FromSeconds(1));
        Write(store, "in the new one");
        Assert.That(Folder.Read("rotated").Select(static line => line.GetProperty("message").GetString()), Is.EqualTo(new[] { "one", "still in the old one" }));
        Assert.That(Folder.Messages, Is.EqualTo(new[] { "in the new one" }));
    }

    [Test]
    public void File_CopiedAndCutShort_GoesOnAtItsBeginning()
    {
        using var store = NewStore();
        Write(store, "one");
        using (var stream = new FileStream(store.CurrentFile!, FileMode.Open, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            stream.SetLength(0);
        }

        Write(store, "two");
        Assert.That(Folder.ReadText(Folder.Files.Single()), Does.StartWith("{"));
        Assert.That(Folder.Messages, Is.EqualTo(new[] { "two" }));
    }

    private LogStore NewStore() =>
        new(_options, Folder.Path, "app", _clock, new LastResort(_error.Open, _clock), new LogFileSystem());

    private CapturedEntry Line(string message)
    {
        var entry = CapturedEntry.Capture(message, exception: null, static (text, _) => text);
        entry.Ticks = _clock.GetUtcNow().UtcTicks;
        entry.Source = new LogSource(LogHosts.Category);
        return entry;
    }

    private void Write(LogStore store, params string[] messages)
    {
        LogEntry[] entries = [.. messages.Select(Line)];
        for (var next = 0; next < entries.Length;)
        {
            next = store.Write(entries, next);
        }
    }

    private IEnumerable<string> Unzip(string file)
    {
        using var reader = new StreamReader(new GZipStream(File.OpenRead(Folder.PathOf(file)), CompressionMode.Decompress));
        return [.. reader.ReadToEnd().Split('\n')[..^1].Select(static line => JsonDocument.Parse(line).RootElement.GetProperty("message").GetString()!)];
    }
}
