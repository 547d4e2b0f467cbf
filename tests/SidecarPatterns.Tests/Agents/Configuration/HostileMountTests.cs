using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;

namespace SidecarPatterns.Tests;

/// <summary>
/// Folders as strangers mount them: links in circles, to nowhere and to somewhere else, pipes, folders, names and texts of any kind. Either all of it is a
/// version, or nothing is, with an error that quotes none of it.
/// </summary>
[TestFixture]
[CancelAfter(170_000)]
[Platform(Exclude = "Win", Reason = "Links and pipes are those of Unix.")]
internal sealed class HostileMountTests : FolderTests<TestFolder>
{
    private const string Canary = "c4n4ry";

    [Test]
    public async Task Folder_AnyMount_IsAVersionAsAWholeOrRefusedOrAway()
    {
        var (adopted, refused, away) = (0, 0, 0);
        await Hostile.ForEachAsync(400, async random =>
        {
            using var mount = new GeneratedMount(random, Canary);
            var (keys, problem, isAway) = await ReadAsync(new FolderDocuments(mount.Path, TimeProvider.System));
            if (mount.IsInOrder)
            {
                Assert.That(problem, Is.Null, mount.ToString());
                Assert.That(keys, Is.EquivalentTo(mount.Keys), mount.ToString());
                adopted++;
                return;
            }

            Assert.That(problem, Is.Not.Null.And.Not.Contain(Canary), mount.ToString());
            Assert.That(isAway, Is.EqualTo(mount.IsAway).Or.EqualTo(mount.IsAway && !mount.IsEither), $"{problem}: {mount}");
            (refused, away) = isAway ? (refused, away + 1) : (refused + 1, away);
        });

        Assert.That((int[])[adopted, refused, away], Has.All.GreaterThan(30), "or nothing was shown");
    }

    // Each folder says the same number in all of its files; what the link leads to changes all the time, and now and then is nothing that can be read.
    [Test]
    public async Task Folder_SwappedWhileItIsRead_IsAWholeVersionOrAway()
    {
        using var end = new CancellationTokenSource();
        using var mount = new ConfigMapMount();
        mount.Publish(("a", "0"), ("b", "0"), ("c.json", """{"c": 0}"""));
        var swapping = Task.Run(() => Swap(mount, new Random(1), end.Token));
        var source = new FolderDocuments(mount.Path, TimeProvider.System);
        var (whole, away) = (0, 0);
        for (var reading = 0; (whole < 200 * Hostile.Rounds || away < 20) && reading < 100_000; reading++)
        {
            var (keys, problem, isAway) = await ReadAsync(source);
            if (problem is null)
            {
                Assert.That(keys!.Values.Distinct().Count(), Is.EqualTo(1), string.Join(' ', keys));
                Assert.That(keys, Has.Count.EqualTo(3));
                whole++;
            }
            else
            {
                Assert.That(isAway, Is.True, problem);
                away++;
            }
        }

        await end.CancelAsync();
        await swapping.InTime();
        Assert.That((int[])[whole, away], Has.All.Positive, "or nothing was shown");
    }

    // A link that has become a file between two looks at it.
    [Test]
    public async Task File_LinkAndFileByTurns_IsSeenOrAway()
    {
        using var end = new CancellationTokenSource();
        var (path, target) = (Folder.File("shop.json"), Folder.Write(".target", "{}"));
        var turning = Task.Run(() =>
        {
            while (!end.IsCancellationRequested)
            {
                File.CreateSymbolicLink(Folder.File(".link"), target);
                File.Move(Folder.File(".link"), path, overwrite: true);
                Folder.Replace("shop.json", "{}");
            }
        });
        for (var look = 0; look < 2_000 * Hostile.Rounds; look++)
        {
            try
            {
                Assert.That(FileStamp.Of(path).Length, Is.EqualTo(2).Or.EqualTo(target.Length), "that of the file, or of the link, which is another the next time");
            }
            catch (IOException)
            {
                // It is looked at again.
            }
        }

        await end.CancelAsync();
        await turning.InTime();
    }

    [TestCase(true, false)]
    [TestCase(false, false)]
    [TestCase(true, true)]
    public async Task Pipe_AmongTheFilesOrInstead_HoldsNobodyUp(bool isFolder, bool isLink)
    {
        var pipe = Folder.File(isLink ? ".pipe" : "shop.json");
        await MakePipeAsync(pipe);
        if (isLink)
        {
            File.CreateSymbolicLink(Folder.File("shop.json"), pipe);
        }

        IDocumentSource source = isFolder ? new FolderDocuments(Folder.Path, TimeProvider.System) : new FileDocuments(pipe, new FakeTimeProvider());
        var (_, problem, isAway) = await ReadAsync(source);
        Assert.That((problem, isAway), Is.EqualTo(("it can not be read (IOException)", true)));
        Assert.That((await ReadAsync(source)).IsAway, Is.True, "at once, since the first is still waited for");

        await using (new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite))
        {
            // Somebody who writes: whoever waits in the meantime goes on, and finds that it is no file.
            await Eventually.HoldsAsync(() => ReadAsync(source).Result.Problem is { } later && !later.Contains(Canary, StringComparison.Ordinal));
        }

        File.Delete(pipe);
        File.Delete(Folder.File("shop.json"));
        Folder.Write("shop.json", """{"a": 1}""");
        await Eventually.HoldsAsync(() => ReadAsync(source).Result.Keys?.Count == 1, "a file in its place is read");
    }

    /// <summary>What the link leads to is replaced in one step each time: by the next version, by nothing, by itself, by a file.</summary>
    private static void Swap(ConfigMapMount mount, Random random, CancellationToken ct)
    {
        for (var number = 1; !ct.IsCancellationRequested; number++)
        {
            mount.Publish(("a", $"{number}"), ("b", $"{number}"), ("c.json", $$"""{"c": {{number}}}"""));
            if (random.Next(4) == 0)
            {
                mount.Lead(random.Pick(["nowhere", "..data", "a", "/dev/null"]));
            }
        }
    }

    private static async Task MakePipeAsync(string path)
    {
        using var made = Process.Start("mkfifo", [path]);
        await made.WaitForExitAsync();
        Assert.That(made.ExitCode, Is.Zero);
    }

    private static async Task<(Dictionary<string, string?>? Keys, string? Problem, bool IsAway)> ReadAsync(IDocumentSource source)
    {
        try
        {
            var options = new ConfigurationAgentOptions { MaxSize = GeneratedMount.MaxSize, SettleTime = TimeSpan.Zero };
            var fetched = await source.FetchAsync(new FetchRequest(null, IsFirst: true, MayHold: false, options), CancellationToken.None).InTime();
            var table = new KeyTableBuilder(KeyTable.Empty);
            fetched.Document!.Fill(table);
            return (new Dictionary<string, string?>(table.Build().Table.Values), null, false);
        }
        catch (SourceAwayException exception)
        {
            return (null, exception.Message, true);
        }
        catch (DocumentRefusedException exception)
        {
            return (null, exception.Message, false);
        }
    }
}
