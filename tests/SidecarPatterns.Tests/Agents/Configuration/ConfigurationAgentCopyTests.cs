using System.Runtime.Versioning;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace SidecarPatterns.Tests;

/// <summary>The copy on disk: what is in it, who may read it, and what becomes of an application that starts with it.</summary>
[TestFixture]
[CancelAfter(170_000)]
internal sealed class ConfigurationAgentCopyTests : FolderTests<TestFolder>
{
    private ScriptedServer _server = null!;

    [SetUp]
    public void SetUp() => _server = ScriptedServer.Start().Answers(Json("""{"Limit": 1, "Password": "secret", "Nothing": null}"""));

    [TearDown]
    public async Task TearDown() => await _server.DisposeAsync();

    private string CopyFile => Folder.File(Path.Combine("state", "copy.json"));

    [Test]
    public async Task Copy_RepositoryAway_StartsWithItDegradedAndGoesOnOnceItIsBack()
    {
        await BuildAsync();
        _server.Answers(Answer.Reset);
        await using var host = await BuildAsync(ambassador: static ambassador => ambassador.Retry.MaxAttempts = 1);
        var snapshot = host.AgentSnapshot();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((host.Value("Limit"), host.Value("Password"), host.Value("Nothing")), Is.EqualTo(("1", "secret", (string?)null)));
            Assert.That((snapshot.Version, snapshot.IsCopy, snapshot.IsCurrent, snapshot.Failed, snapshot.Revision), Is.EqualTo((1L, true, false, 1L, "\"one\"")));
        }

        await host.StartReadyAsync();
        await Eventually.HoldsAsync(() => host.AgentSnapshot().Failed == 2, "the sidecar has looked");
        using (Assert.EnterMultipleScope())
        {
            Assert.That(await host.AgentHealthAsync(), Is.EqualTo(HealthStatus.Degraded));
            Assert.That(host.Logs.Named("StartedWithCopy"), Has.Count.EqualTo(1));
        }

        _server.Answers(Json("""{"Limit": 1, "Password": "secret", "Nothing": null}"""));
        snapshot = await host.LookAsync();
        Assert.That((snapshot.Version, snapshot.IsCopy, snapshot.IsCurrent), Is.EqualTo((1L, false, true)), "the repository has that very version");

        _server.Answers(Json("""{"Limit": 2}"""));
        await host.LookAsync();
        Assert.That((host.Value("Limit"), host.Value("Password")), Is.EqualTo(("2", (string?)null)));
        await host.StopAsync();
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public async Task Copy_EveryVersion_IsWrittenForItsOwnerAlone()
    {
        await using var host = await BuildAsync();
        Assert.That(File.GetUnixFileMode(CopyFile), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        Assert.That(File.GetUnixFileMode(Path.GetDirectoryName(CopyFile)!), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));

        // Even where somebody has opened it to all.
        File.SetUnixFileMode(CopyFile, UnixFileMode.UserRead | UnixFileMode.GroupRead | UnixFileMode.OtherRead);
        await host.StartReadyAsync();
        _server.Answers(Json("""{"Limit": 2}"""));
        await host.LookAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(File.GetUnixFileMode(CopyFile), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
            Assert.That(await File.ReadAllTextAsync(CopyFile), Does.Contain("\"Limit\":\"2\""));
            Assert.That(Directory.GetFiles(Path.GetDirectoryName(CopyFile)!), Has.Length.EqualTo(1));
        }

        await host.StopAsync();
    }

    [Test]
    public async Task Copy_LeftByAProcessThatWasKilledWhileItWrote_IsSweptAway()
    {
        await BuildAsync();
        var (old, young) = (CopyFile + ".old.tmp", CopyFile + ".young.tmp");
        File.Copy(CopyFile, old);
        File.Copy(CopyFile, young);
        File.SetLastWriteTimeUtc(old, DateTime.UtcNow.AddHours(-1));

        await BuildAsync();

        Assert.That((File.Exists(old), File.Exists(young)), Is.EqualTo((false, true)), "the young one may be another process's, which writes");
    }

    [TestCase("truncated")]
    [TestCase("changed")]
    [TestCase("empty")]
    [TestCase("of another kind")]
    public async Task Copy_Corrupt_IsNotTaken(string how)
    {
        await BuildAsync();
        var text = await File.ReadAllTextAsync(CopyFile);
        await File.WriteAllTextAsync(CopyFile, how switch
        {
            "truncated" => text[..^10],
            "changed" => text.Replace("secret", "Secret", StringComparison.Ordinal),
            "empty" => "",
            _ => "[1]",
        });
        _server.Answers(404);

        Assert.That(() => BuildAsync(), Throws.TypeOf<ConfigurationAgentException>().With.Message.EndsWith($"it answered 404. Nor from its copy '{CopyFile}': it is corrupt."));
    }

    [Test]
    public async Task Copy_OfAnotherSource_IsNotTaken()
    {
        await BuildAsync();
        _server.Answers(404);

        Assert.That(
            () => BuildAsync(path: "other"), Throws.TypeOf<ConfigurationAgentException>().With.Message.EndsWith("it is of another source."));
    }

    [Test]
    public void Copy_Missing_IsTold()
    {
        _server.Answers(404);
        Assert.That(() => BuildAsync(), Throws.TypeOf<ConfigurationAgentException>().With.Message.EndsWith("there is none."));
    }

    [Test]
    public async Task Copy_NoLongerValid_IsNotTaken()
    {
        await BuildAsync();
        _server.Answers(404);

        Assert.That(
            () => BuildAsync(static options => options.Validate(static candidate => candidate["Limit"] == "2", "the limit is 2")),
            Throws.TypeOf<ConfigurationAgentException>().With.Message.EndsWith("the limit is 2."));
    }

    [Test]
    public async Task Copy_FirstVersionRefused_IsTakenInItsPlace()
    {
        await BuildAsync();
        _server.Answers(Json("""{"Limit": 3}"""));

        await using var host = await BuildAsync(static options => options.Validate(static candidate => candidate["Limit"] != "3", "the limit is not 3"));

        Assert.That((host.Value("Limit"), host.AgentSnapshot().Refused, host.AgentSnapshot().LastError), Is.EqualTo(("1", 1L, "the limit is not 3")));
    }

    // A file stands where its folder should be: so for root too.
    [Test]
    public async Task Copy_CanNotBeWritten_IsToldOnceAndTriedAgain()
    {
        var folder = Path.GetDirectoryName(CopyFile)!;
        await File.WriteAllTextAsync(folder, "in the way");
        await using var host = await BuildAsync();
        await host.StartReadyAsync();
        var snapshot = await host.LookAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That((snapshot.Version, host.Value("Limit")), Is.EqualTo((1L, "1")));
            Assert.That(snapshot.CopyError, Does.Contain(folder));
            Assert.That(host.Logs.Named("CopyNotWritten"), Has.Count.EqualTo(1));
        }

        File.Delete(folder);
        snapshot = await host.LookAsync();
        Assert.That((snapshot.CopyError, File.Exists(CopyFile)), Is.EqualTo(((string?)null, true)));
        await host.StopAsync();
    }

    // Named by the version itself, even: then the source must not be written over.
    [Test]
    public async Task CopyFile_Changed_IsWrittenThereAtTheNextLookAndNeverOverTheSource()
    {
        var (source, elsewhere) = (Folder.File("shop.json"), Folder.File("elsewhere.json"));
        Folder.Write("shop.json", """{"Limit": 1}""");
        await using var host = ConfigurationAgents.Build(options => options.FromFile(source));
        await host.StartReadyAsync();

        Write(elsewhere, 2);
        await host.LookAsync();
        await host.LookAsync();
        Assert.That(await File.ReadAllTextAsync(elsewhere), Does.Contain("\"Limit\":\"2\""));

        Write(source, 3);
        var text = await File.ReadAllTextAsync(source);
        await host.LookAsync();
        await host.LookAsync();
        using (Assert.EnterMultipleScope())
        {
            Assert.That(host.Value("Limit"), Is.EqualTo("3"));
            Assert.That(await File.ReadAllTextAsync(source), Is.EqualTo(text));
            Assert.That(
                host.Logs.Named("AgentOptionsRefused").Single().Message,
                Does.EndWith($"Agents:Configuration:CopyFile is '{source}'; allowed is nothing, or a file that is not of the source itself."));
        }

        await host.StopAsync();

        void Write(string copy, int limit) => Folder.Replace(
            "shop.json", $$$$"""{"Limit": {{{{limit}}}}, "Agents": {"Configuration": {"CopyFile": "{{{{copy}}}}"}}}""");
    }

    [Test]
    public void Copy_IsAFolder_IsRefused()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        Assert.That(
            () => builder.AddConfigurationSidecar(options => options.FromHttp(_server.Uri).CopyFile = Folder.Path),
            Throws.InstanceOf<Microsoft.Extensions.Options.OptionsValidationException>().With.Message
                .EqualTo($"Agents:Configuration:CopyFile is '{Folder.Path}'; allowed is nothing, or the path of a file."));
        Assert.That(_server.Connections, Is.Zero);
    }

    [Test]
    public void Copy_InTheFolderThatIsTheSource_IsRefused()
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        Assert.That(
            () => builder.AddConfigurationSidecar(options => options.FromFolder(Folder.Path).CopyFile = Folder.File("copy")),
            Throws.InstanceOf<Microsoft.Extensions.Options.OptionsValidationException>().With.Message.Contains("Agents:Configuration:CopyFile"));
    }

    private static Answer Json(string body) => Answer.With(200, body, ("Content-Type", "application/json"), ("ETag", "\"one\""));

    private Task<TestHost> BuildAsync(Action<ConfigurationAgentOptions>? configure = null, string path = "shop", Action<AmbassadorOptions>? ambassador = null) =>
        Task.Run(() => ConfigurationAgents.Build(options =>
        {
            options.FromHttp(new Uri(_server.Uri, path), ambassador).CopyFile = CopyFile;
            configure?.Invoke(options);
        })).InTime();
}
