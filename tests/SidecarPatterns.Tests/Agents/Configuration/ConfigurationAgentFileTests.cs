using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace SidecarPatterns.Tests;

/// <summary>
/// Files and folders that are replaced, written in place, removed, mounted: a version is always whole, and a change is seen without waiting for the interval.
/// </summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ConfigurationAgentFileTests : FolderTests<TestFolder>
{
    [TestCase(true)]
    [TestCase(false)]
    public async Task File_Changed_IsSeenAlthoughNoTimePasses(bool isReplaced)
    {
        Folder.Write("shop.json", """{"Limit": 1}""");
        await using var host = await StartAsync(options => options.FromFile(Folder.File("shop.json")));

        if (isReplaced)
        {
            Folder.Replace("shop.json", """{"Limit": 2}""");
        }
        else
        {
            Folder.Write("shop.json", """{"Limit": 2}""");
        }

        await Eventually.HoldsAsync(() => host.Value("Limit") == "2", "the change is seen");
        await host.StopAsync();
    }

    [Test]
    public async Task File_WrittenOnceMoreWithTheSameLengthAtTheSameMoment_IsSeenAtTheNextLook()
    {
        Folder.Write("shop.json", """{"Limit": 1}""");
        await using var host = await StartAsync(options => options.FromFile(Folder.File("shop.json")));
        var writtenAt = File.GetLastWriteTimeUtc(Folder.File("shop.json"));

        Folder.Write("shop.json", """{"Limit": 2}""");
        File.SetLastWriteTimeUtc(Folder.File("shop.json"), writtenAt);
        await host.LookAsync();

        Assert.That(host.Value("Limit"), Is.EqualTo("2"));
        await host.StopAsync();
    }

    [Test]
    public async Task File_TouchedOrWrittenAnotherWay_IsNoChange()
    {
        Folder.Write("shop.json", """{"A": 1, "B": 2}""");
        await using var host = await StartAsync(options => options.FromFile(Folder.File("shop.json")));
        var changes = 0;
        using var listening = Microsoft.Extensions.Primitives.ChangeToken.OnChange(host.Configuration().GetReloadToken, () => changes++);

        Folder.Replace("shop.json", "{ \"B\": \"2\",\n  /* the same */ \"A\": 1, }");
        var snapshot = await host.LookAsync();

        Assert.That((snapshot.Version, changes), Is.EqualTo((1L, 0)));
        await host.StopAsync();
    }

    [Test]
    public async Task File_HalfWritten_IsRefusedAndTakenOnceItIsWhole()
    {
        Folder.Write("shop.json", """{"Limit": 1}""");
        await using var host = await StartAsync(options => options.FromFile(Folder.File("shop.json")));

        Folder.Write("shop.json", """{"Limit": 2""");
        var snapshot = await host.LookAsync();
        Assert.That((snapshot.Version, snapshot.LastError, host.Value("Limit")), Is.EqualTo((1L, "it is no JSON from line 1, byte 12 on", "1")));

        Folder.Write("shop.json", """{"Limit": 2}""");
        await Eventually.HoldsAsync(() => host.Value("Limit") == "2", "the whole is taken");
        await host.StopAsync();
    }

    [Test]
    public async Task SettleTime_FileIsWrittenInPieces_IsReadOnceItWasLeftAloneForThatTime()
    {
        Folder.Write("shop.json", """{"Limit": 1}""");
        await using var host = await StartAsync(options =>
        {
            options.FromFile(Folder.File("shop.json"));
            options.SettleTime = TimeSpan.FromSeconds(2);
        });
        await host.Clock.PassAsync(TimeSpan.FromSeconds(2)); // Of the first look: the file was written just now.
        await Eventually.HoldsAsync(() => host.AgentSnapshot().Looks == 2, "the sidecar has looked");

        Folder.Write("shop.json", """{"Limit": 2""");
        await host.Clock.ArmedAsync(TimeSpan.FromSeconds(2));
        Folder.Write("shop.json", """{"Limit": 2}""");
        await host.Clock.PassAsync(TimeSpan.FromSeconds(2));
        await host.Clock.AdvanceUntilAsync(TimeSpan.FromSeconds(2), () => host.Value("Limit") == "2");

        Assert.That(host.AgentSnapshot().Refused, Is.Zero);
        await host.StopAsync();
    }

    [Test]
    public async Task Folder_RemovedAndMadeAnew_IsSeenAgain()
    {
        var folder = Directory.CreateDirectory(Folder.File("mount")).FullName;
        File.WriteAllText(Path.Combine(folder, "Limit"), "1");
        await using var host = await StartAsync(options => options.FromFolder(folder));

        Directory.Delete(folder, recursive: true);
        var snapshot = await host.LookAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((snapshot.Version, snapshot.Failed > 0, host.Value("Limit")), Is.EqualTo((1L, true, "1")));
            Assert.That(await host.AgentHealthAsync(), Is.EqualTo(HealthStatus.Degraded));
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "Limit"), "2");
        await host.LookAsync();
        Assert.That(host.Value("Limit"), Is.EqualTo("2"));

        // It is watched anew: no look is asked for, and no time passes.
        await host.LookAsync();
        File.WriteAllText(Path.Combine(folder, "Limit"), "3");
        await Eventually.HoldsAsync(() => host.Value("Limit") == "3", "the change is seen");
        await host.StopAsync();
    }

    [Test]
    public async Task Folder_KeyRemoved_IsGone()
    {
        Folder.Write("A", "1");
        Folder.Write("B", "1");
        await using var host = await StartAsync(options => options.FromFolder(Folder.Path));

        File.Delete(Folder.File("A"));
        await host.LookAsync();

        Assert.That((host.Value("A"), host.Value("B")), Is.EqualTo(((string?)null, "1")));
        await host.StopAsync();
    }

    [Test]
    public async Task Folder_TooLargeInAll_IsRefused()
    {
        Folder.Write("A", new string('a', 600));
        await using var host = await StartAsync(options =>
        {
            options.FromFolder(Folder.Path);
            options.MaxSize = 1024;
        });
        Folder.Replace("B", new string('b', 600));
        var snapshot = await host.LookAsync();

        Assert.That((snapshot.Version, snapshot.LastError), Is.EqualTo((1L, "it has more than 424 bytes, which MaxSize leaves")));
        await host.StopAsync();
    }

    [Test]
    public async Task ConfigMap_Swapped_IsSeenByItsLinkAndNamedByItsFolder()
    {
        using var mount = new ConfigMapMount();
        mount.Publish(("shop.json", """{"Limit": 1}"""), ("Key", "1"));
        await using var host = await StartAsync(options => options.FromFolder(mount.Path));
        Assert.That((host.Value("Limit"), host.Value("Key"), host.AgentSnapshot().Revision), Is.EqualTo(("1", "1", "..2026_1")));

        mount.Publish(("shop.json", """{"Limit": 2}"""), ("Key", "2"));

        await host.VersionAsync(2);
        Assert.That((host.Value("Limit"), host.Value("Key"), host.AgentSnapshot().Revision), Is.EqualTo(("2", "2", "..2026_2")));
        await host.StopAsync();
    }

    [Test]
    public async Task ConfigMap_OneFileOfIt_FollowsTheLinkToo()
    {
        using var mount = new ConfigMapMount();
        mount.Publish(("shop.json", """{"Limit": 1}"""));
        await using var host = await StartAsync(options => options.FromFile(mount.FileOf("shop.json")));

        mount.Publish(("shop.json", """{"Limit": 2}"""));

        await Eventually.HoldsAsync(() => host.Value("Limit") == "2", "the swap is seen");
        await host.StopAsync();
    }

    // Every file of a version says the same number. Whoever is told of a change reads all of them.
    [Test]
    public async Task ConfigMap_SwappedAHundredTimesWhileItIsRead_EveryVersionIsWhole()
    {
        const int Files = 20;
        using var mount = new ConfigMapMount();
        mount.Publish(FilesOf(0));
        await using var host = await StartAsync(options => options.FromFolder(mount.Path));
        var mixed = new List<string>();
        using var listening = Microsoft.Extensions.Primitives.ChangeToken.OnChange(host.Configuration().GetReloadToken, () =>
        {
            var numbers = Enumerable.Range(0, Files).Select(i => host.Value($"Key{i}")).Append(host.Value("Number")).Distinct().ToList();
            if (numbers.Count != 1)
            {
                mixed.Add(string.Join(' ', numbers));
            }
        });

        var looks = Task.CompletedTask;
        for (var swap = 1; swap <= 100; swap++)
        {
            mount.Publish(FilesOf(swap));
            if (looks.IsCompleted)
            {
                looks = host.Agent().RefreshAsync();
            }
        }

        await looks.InTime();
        await Eventually.HoldsAsync(() => host.Value("Number") == "100", "the last version is in force");
        var snapshot = host.AgentSnapshot();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(mixed, Is.Empty);
            Assert.That(snapshot.Version, Is.GreaterThan(1));
            Assert.That((snapshot.Refused, host.Configuration().AsEnumerable().Count(static pair => pair.Value == "100")), Is.EqualTo((0L, Files + 1)));
        }

        await host.StopAsync();

        static (string, string)[] FilesOf(int number) =>
        [
            ("number.json", string.Create(CultureInfo.InvariantCulture, $"{{\"Number\": {number}}}")),
            .. Enumerable.Range(0, Files).Select(i => ($"Key{i}", number.ToString(CultureInfo.InvariantCulture))),
        ];
    }

    // Where nothing is replaced in one step, a reading that somebody writes into is done over.
    [Test]
    public async Task Folder_WrittenWhileItIsRead_IsReadOver()
    {
        const int Files = 50;
        WriteAll(0);
        await using var host = await StartAsync(options => options.FromFolder(Folder.Path));
        for (var number = 1; number <= 20; number++)
        {
            var looking = host.Agent().RefreshAsync();
            WriteAll(number);
            await looking.InTime();
        }

        await host.LookAsync();
        Assert.That(Enumerable.Range(0, Files).Select(i => host.Value($"Key{i}")), Is.All.EqualTo("20"));
        await host.StopAsync();

        void WriteAll(int number)
        {
            for (var i = 0; i < Files; i++)
            {
                Folder.Replace($"Key{i}", number.ToString(CultureInfo.InvariantCulture));
            }
        }
    }

    private static async Task<TestHost> StartAsync(Action<ConfigurationAgentOptions> configure)
    {
        var host = ConfigurationAgents.Build(configure);
        await host.StartReadyAsync(looks: host.Agent() is ConfigurationAgent { Options.SettleTime.Ticks: 0 });
        return host;
    }
}
